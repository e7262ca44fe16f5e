import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { reasonToSkip } from '../../scripts/programs.mjs'
import { startBrowser } from './support/browser.mjs'
import { ClusterServer } from './support/cluster-server.js'
import { DashboardPage } from './support/dashboard-page.js'
import { endPrograms } from './support/process.js'
import { requirePrograms } from './support/programs.js'
import { type RedisServer, startRedisServer } from './support/redis-server.js'
import type { Viewer } from './support/viewer.js'

const patience = { timeout: 20_000 }
const shortly = { timeout: 1000 }
const isMissing = [reasonToSkip('chromium'), reasonToSkip('redis-server')].some(
  (reason) => reason !== undefined,
)

describe('the web page of a server in a cluster', { timeout: 90_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'rtspool-cluster-page-'))
  const servers: ClusterServer[] = []
  const viewers: Viewer[] = []
  let redis: RedisServer
  let browser: Browser | undefined
  let opened: DashboardPage | undefined

  beforeAll(async () => {
    if (isMissing) return
    redis = await startRedisServer()
    for (const name of ['one', 'two']) {
      servers.push(await ClusterServer.start(name, redis.path, folder))
    }
    browser = await startBrowser()
  }, 60_000)
  afterAll(async () => {
    await opened?.close()
    await browser?.close()
    await Promise.all(viewers.map((viewer) => viewer.leave('close')))
    await Promise.all(servers.map(({ command }) => command.stop()))
    await endPrograms()
    await redis?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  async function open({ command: { program } }: ClusterServer): Promise<DashboardPage> {
    await opened?.close()
    const url = /control API on (\S+)/.exec(program.stdout)?.[1] ?? ''
    const token = /(rtspool_\S+)/.exec(program.stdout)?.[1] ?? ''
    opened = await DashboardPage.open(browser, url)
    await opened.logIn(token)
    return opened
  }

  /** Ends the session of the open dialog. If its server answers too late, the dialog says so and waits for another attempt. */
  async function endSession({ dialog }: DashboardPage): Promise<void> {
    const button = dialog.getByRole('button', { name: 'End session' })
    await button.click()
    const isOpen = async () => {
      const says = await dialog.getByRole('alert').allTextContents()
      if (says.some((text) => text.includes('not heard: two'))) await button.click(shortly)
      return await dialog.isVisible()
    }
    await expect.poll(isOpen, patience).toBe(false)
  }

  test('shows the sessions of all, and ends one elsewhere with a ban for all', async (context) => {
    requirePrograms(context, 'chromium', 'redis-server')
    const [one, two] = servers as [ClusterServer, ClusterServer]
    for (const [server, user] of [[one, 'ann'] as const, [two, 'bob'] as const]) {
      viewers.push(await server.watch(user))
    }
    const dashboard = await open(one)
    await dashboard.goTo('Sessions')
    await dashboard.heading('Sessions (2)')
    for (const [user, server] of [['ann', 'one'] as const, ['bob', 'two'] as const]) {
      const row = dashboard.page.getByRole('row').filter({ hasText: user })
      await row.getByText(server, { exact: true }).waitFor(patience)
    }
    await dashboard.photograph('cluster-sessions')
    await dashboard.button(/^Details of bob/).click()
    await dashboard.dialog.getByText('The page of the server two').waitFor(patience)
    await dashboard.page.keyboard.press('Escape')
    await dashboard.button(/^End bob/).click()
    await dashboard.dialog.getByLabel('Ban', { exact: true }).selectOption('10 minutes')
    await dashboard.dialog.getByLabel('Ban of').selectOption('the user')
    await endSession(dashboard)
    await dashboard.heading('Sessions (1)')
    // A server under load may answer too late, which the browser calls a failed request.
    const others = dashboard.complaints.filter((text) => !/status of (404|409)/.test(text))
    expect(others).toEqual([])
    for (const server of [one, two]) {
      const page = await open(server)
      await page.goTo('Bans')
      await page.says('user bob')
      await expect(server.tryWatch('bob')).rejects.toThrow(/403/)
    }
  })
})
