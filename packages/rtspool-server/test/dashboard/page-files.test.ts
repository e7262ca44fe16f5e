import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { PageFiles } from '../../src/dashboard/page-files.js'

/** Serves a page of three files. @returns Its URL without a slash at the end. */
async function serve(livePort?: number): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'rtspool-page-'))
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'index.html'), '<p>page</p>')
  writeFileSync(join(folder, 'assets', 'main-abc.js'), 'start()')
  writeFileSync(join(folder, 'notes.txt'), 'not for the web')
  const files = new PageFiles(folder, livePort)
  const http = createServer((request, response) => {
    if (!files.respond(request, response)) response.writeHead(404).end()
  })
  onTestFinished(async () => {
    rmSync(folder, { recursive: true })
    http.closeAllConnections()
    await new Promise((resolve) => http.close(resolve))
  })
  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve)
  })
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`
}

describe('files of the page', () => {
  it('come with their type, and are kept by browsers where their name changes with them', async () => {
    const url = await serve()
    const [page, script] = await Promise.all([
      fetch(`${url}/?x=1`),
      fetch(`${url}/assets/main-abc.js`),
    ])
    expect([page.headers.get('content-type'), await page.text()]).toEqual([
      ...['text/html; charset=utf-8', '<p>page</p>'],
    ])
    expect(page.headers.get('cache-control')).toBe('no-cache')
    expect(await script.text()).toBe('start()')
    expect(script.headers.get('cache-control')).toContain('immutable')
  })

  it('may load nothing from elsewhere, and open WebSockets to the live port alone', async () => {
    const policy = async (livePort?: number) =>
      (await fetch(await serve(livePort))).headers.get('content-security-policy')
    expect(await policy()).toContain("default-src 'none'")
    expect(await policy()).toContain("connect-src 'self';")
    expect(await policy(8081)).toContain("connect-src 'self' ws://*:8081 wss://*:8081;")
  })

  it('are all that is served', async () => {
    const url = await serve()
    const requests = ['/notes.txt', '/assets/', '/..%2findex.html', '/assets'].map((path) =>
      fetch(url + path),
    )
    requests.push(fetch(url, { method: 'POST' }))
    const statuses = (await Promise.all(requests)).map(({ status }) => status)
    expect(statuses).toEqual([404, 404, 404, 404, 404])
  })
})
