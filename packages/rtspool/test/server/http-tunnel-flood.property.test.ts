import { expect, it } from 'vitest'
import type { RtspServer } from '../../src/index.js'
import { FakeClock } from '../support/fake-clock.js'
import { getHead, HttpTestClient, openTunnel, rtspThrough } from '../support/http-client.js'
import { expectOk, startServer } from '../support/test-server.js'

async function answerTo(server: RtspServer, wire: string) {
  const http = await HttpTestClient.connect(server)
  http.send(wire)
  return { http, status: await http.status() }
}

it('B-TUN 1000 lone GETs are gone after ten seconds', async () => {
  const options = { clock: new FakeClock(), slowReaderTimeout: 0, maxBacklogSeconds: 1e6 }
  const server = await startServer(options)
  const gets = await Promise.all(
    Array.from({ length: 1000 }, (_, n) => answerTo(server, getHead(`cookie-${n}`))),
  )
  expect(gets.every(({ status }) => status === 200)).toBe(true)
  expect(server.stats().connections).toBe(1000)
  const rtsp = rtspThrough(await openTunnel(server, 'honest'))
  await expectOk(rtsp, 'OPTIONS', '*')
  options.clock.advance(10_000)
  await Promise.all(gets.map(({ http }) => http.closed()))
  await expectOk(rtsp, 'OPTIONS', '*')
  expect(server.stats().connections).toBe(1)
})
