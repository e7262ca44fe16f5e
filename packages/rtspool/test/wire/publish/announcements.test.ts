import { describe, expect, it } from 'vitest'
import type { SessionPoolOptions } from '../../../src/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { inSession, setUp, tcp } from '../../support/dialogue.js'
import { type RtspTestClient, sessionIdOf } from '../../support/rtsp-client.js'
import {
  connectTo,
  expectOk,
  play,
  publish,
  startServer,
  testSdp,
  urlOf,
} from '../../support/test-server.js'
import { until } from '../../support/until.js'

const headers = { 'Content-Type': 'application/sdp' }
const announce = async (client: RtspTestClient, url: string): Promise<number> =>
  (await client.request('ANNOUNCE', url, { headers, body: testSdp })).statusCode

async function start(pool: SessionPoolOptions = {}) {
  const clock = new ManualClock()
  const server = await startServer({ clock, pool, slowReaderTimeout: 0, idleTimeout: 0 })
  const urlAt = (at: number | string) => urlOf(server, `/live/${at}`)
  const announceAll = async (count: number, from?: string) => {
    const codes: number[] = []
    for (let at = 0; at < count; at++) {
      codes.push(await announce(await connectTo(server, from), urlAt(`${from}-${at}`)))
    }
    return codes
  }
  return { clock, server, urlAt, announceAll }
}

const count = (codes: readonly number[], code: number): number =>
  codes.filter((each) => each === code).length

describe('announcements without SETUP', { tags: 'S-6' }, () => {
  it('count against the share of their address', async () => {
    const { announceAll, server } = await start({ maxSessionsPerAddress: 5 })
    const codes = await announceAll(8, '127.0.0.1')
    expect([count(codes, 200), count(codes, 503), server.mounts.size]).toEqual([5, 3, 5])
    expect(await announceAll(1, '127.0.0.2')).toEqual([200])
  })

  it('count against the number of all sessions', async () => {
    const { announceAll } = await start({ maxSessions: 6 })
    expect(count(await announceAll(4, '127.0.0.1'), 200)).toBe(4)
    expect(count(await announceAll(4, '127.0.0.2'), 200)).toBe(2)
  })

  it('count together with sessions that play and publish', async () => {
    const { server, urlAt, announceAll } = await start({ maxSessionsPerAddress: 4 })
    await publish(await connectTo(server), urlAt('a'))
    await play(await connectTo(server), urlAt('a'))
    expect(await announceAll(3, '127.0.0.1')).toEqual([200, 200, 503])
  })

  it('have a limit if the pool has none', async () => {
    const { announceAll } = await start()
    const codes = await announceAll(130, '127.0.0.1')
    expect([count(codes, 200), count(codes, 503)]).toEqual([128, 2])
  })

  it('give their place back when their connection closes, and when they are set up', async () => {
    const { server, urlAt } = await start({ maxSessionsPerAddress: 1 })
    const first = await connectTo(server)
    expect(await announce(first, urlAt(1))).toBe(200)
    const second = await connectTo(server)
    expect(await announce(second, urlAt(2))).toBe(503)
    await first.close()
    await until(() => server.mounts.size === 0)
    expect(await announce(second, urlAt(2))).toBe(200)
    // The announcement becomes a session: one place, not two.
    const response = await setUp(second, `${urlAt(2)}/streamid=0`, `${tcp};mode=record`)
    expect(response.statusCode).toBe(200)
    const third = await connectTo(server)
    expect(await announce(third, urlAt(3))).toBe(503)
    await inSession(second, 'TEARDOWN', urlAt(2), sessionIdOf(response))
    expect(await announce(third, urlAt(3))).toBe(200)
  })

  it('that replace one of the same connection use its place', async () => {
    const { server, urlAt } = await start({ maxSessionsPerAddress: 1 })
    const client = await connectTo(server)
    for (const at of [1, 1, 2, 3]) expect(await announce(client, urlAt(at))).toBe(200)
    expect(server.mounts.size).toBe(1)
  })

  it.each([
    ['the same path', () => 'a'],
    ['another path each time', (at: number) => at],
  ])('end 30 s after the first, however often it is renewed, with %s', async (_name, pathAt) => {
    const { clock, server, urlAt } = await start()
    const client = await connectTo(server)
    for (let at = 0; at < 3; at++) {
      expect(await announce(client, urlAt(pathAt(at)))).toBe(200)
      clock.advance(9_999)
    }
    expect(server.mounts.size).toBe(1)
    clock.advance(3)
    expect(server.mounts.size).toBe(0)
    expect(await announce(client, urlAt(pathAt(4)))).toBe(403)
    const other = await connectTo(server)
    expect(await announce(other, urlAt(pathAt(4)))).toBe(200)
  })

  it('a publisher that sets up in time has the full time again for the next one', async () => {
    const { clock, server, urlAt } = await start()
    const client = await connectTo(server)
    for (let at = 0; at < 3; at++) {
      const { session } = await publish(client, urlAt(at))
      clock.advance(20_000)
      await expectOk(client, 'TEARDOWN', urlAt(at), { headers: { Session: session } })
    }
    expect(await announce(client, urlAt(4))).toBe(200)
  })
})
