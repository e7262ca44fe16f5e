import { expect, it } from 'vitest'
import type { RtspServer } from '../../../src/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { startTunnels } from '../../server/door/fake-tunnels.js'
import { getHead, HttpTestClient, openTunnel, rtspThrough } from '../../support/http-client.js'
import { expectOk, startServer } from '../../support/test-server.js'
import { nextTurn } from '../../support/until.js'

async function answerTo(server: RtspServer, wire: string) {
  const http = await HttpTestClient.connect(server)
  http.send(wire)
  return { http, status: await http.status() }
}

it('1000 lone GETs are gone after ten seconds', { tags: 'B-TUN' }, async () => {
  const options = { clock: new ManualClock(), slowReaderTimeout: 0, maxBacklogSeconds: 1e6 }
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

it('when 2000 GETs wait, the oldest gives way to one more', { tags: 'B-TUN' }, async () => {
  const { clock, opened, get, post } = startTunnels()
  const gets = Array.from({ length: 2000 }, (_, n) => get(`c${n}`))
  const paired = post('c0')
  expect(opened).toHaveLength(1)
  get('c2000')
  expect(gets.filter(({ destroyed }) => destroyed)).toEqual([])
  get('c2001')
  await nextTurn()
  expect(gets.flatMap(({ destroyed }, n) => (destroyed ? [n] : []))).toEqual([1])
  clock.advance(10_000)
  await nextTurn()
  // Only the one that has both its halves stays.
  expect(gets.flatMap(({ destroyed }, n) => (destroyed ? [] : [n]))).toEqual([0])
  expect(paired.destroyed).toBe(false)
  gets[0]?.destroy()
  await nextTurn()
  expect([paired.destroyed, clock.pendingTimers]).toEqual([true, 0])
})
