import { describe, expect, it } from 'vitest'
import type { RtspServer, RtspServerOptions } from '../../../src/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { inSession, mountCamera, readySession, setUp, tcp } from '../../support/dialogue.js'
import { sessionIdOf } from '../../support/rtsp-client.js'
import {
  connectTo,
  expectOk,
  play,
  publish,
  rtpPacket,
  startServer,
  testSdp,
  urlOf,
} from '../../support/test-server.js'
import { pushTo } from '../../support/test-source.js'
import { nextTurn, until } from '../../support/until.js'

async function scene(viewers: number, options: RtspServerOptions = {}) {
  const clock = new ManualClock()
  const patient = { slowReaderTimeout: 0, maxBacklogSeconds: 1e6 }
  const server = await startServer({ clock, ...patient, ...options })
  const sources = mountCamera(server)
  const url = urlOf(server, '/cam')
  const publisher = await connectTo(server)
  await publish(publisher, urlOf(server, '/live/door'))
  const clients = []
  for (let n = 0; n < viewers; n++) {
    const client = await connectTo(server)
    await play(client, url)
    clients.push(client)
  }
  const gone: {
    readonly reason: string
    readonly action: string | undefined
    readonly at: number
  }[] = []
  const startedAt = clock.now()
  server.pool.on('sessionRemoved', ({ use }, reason) => {
    gone.push({ reason, action: use?.action, at: clock.now() - startedAt })
  })
  return { clock, server, sources, url, publisher, clients, gone }
}

/** Packet type of BYE. */
const bye = 203

/** Whether a promise has settled by the end of this turn. */
async function isDone(promise: Promise<unknown>): Promise<boolean> {
  let done = false
  promise.then(
    () => (done = true),
    () => (done = true),
  )
  await nextTurn()
  return done
}

const announce = async (server: RtspServer, path: string) =>
  (await connectTo(server)).request('ANNOUNCE', urlOf(server, path), {
    headers: { 'Content-Type': 'application/sdp' },
    body: testSdp,
  })

describe('a server that drains', { tags: 'B-DRAIN' }, () => {
  it('lets its sessions leave at even distances, publishers last', async () => {
    const { clock, server, gone, clients } = await scene(3)
    const drained = server.drain({ seconds: 8 })
    clock.advance(7999)
    expect(gone.map(({ at }) => at)).toEqual([2000, 4000, 6000])
    expect(await isDone(drained)).toBe(false)
    clock.advance(1)
    await drained
    expect(gone.map(({ reason }) => reason)).toEqual(Array(4).fill('drained'))
    expect(gone.map(({ action }) => action)).toEqual(['read', 'read', 'read', 'publish'])
    clock.advance(2000)
    for (const client of clients) await client.closed()
  })

  it('sends each viewer a BYE, and answers those who say goodbye', async () => {
    const { clock, server, sources, url } = await scene(0)
    const viewer = await connectTo(server)
    const { session } = await play(viewer, url)
    pushTo(sources, 0, rtpPacket({ sequenceNumber: 1 }))
    const drained = server.drain({ seconds: 2 })
    clock.advance(1000)
    await until(() =>
      viewer.frames.some(({ channel, payload }) => channel === 1 && payload.includes(bye)),
    )
    expect((await inSession(viewer, 'TEARDOWN', url, session)).statusCode).toBe(200)
    clock.advance(1000)
    await drained
  })

  it('refuses newcomers with Retry-After, and serves those who are there', async () => {
    const { clock, server, url } = await scene(1)
    const ready = await connectTo(server)
    const session = await readySession(ready, url)
    const waiting = await connectTo(server)
    await expectOk(waiting, 'DESCRIBE', url)
    const drained = server.drain({ seconds: 30 })
    expect(server.isDraining).toBe(true)
    for (const refused of [
      await setUp(waiting, `${url}/trackID=0`),
      await (await connectTo(server)).request('DESCRIBE', url),
      await announce(server, '/live/new'),
    ]) {
      expect(refused.statusCode).toBe(503)
      expect(refused.headers.get('Retry-After')).toMatch(/^\d+$/)
    }
    await expectOk(await connectTo(server), 'OPTIONS', '*')
    expect((await inSession(ready, 'PLAY', url, session)).statusCode).toBe(200)
    clock.advance(30_000)
    await drained
  })

  it('lets other nodes of a cluster watch its publishers to the end', async () => {
    const isPeer: RtspServerOptions['isPeer'] = ({ headers }) => headers.get('X-Peer') === 'yes'
    const { clock, server, gone } = await scene(1, { isPeer })
    const url = urlOf(server, '/live/door')
    const pull = async () => {
      const client = await connectTo(server)
      const headers = { 'X-Peer': 'yes' }
      await expectOk(client, 'DESCRIBE', url, { headers })
      const transport = { ...headers, Transport: tcp }
      const response = await expectOk(client, 'SETUP', `${url}/trackID=0`, { headers: transport })
      await inSession(client, 'PLAY', url, sessionIdOf(response))
    }
    // Before all others, and yet the last to leave.
    await pull()
    await play(await connectTo(server), url)
    const users: string[] = []
    server.pool.on('sessionRemoved', ({ use, removalReason }) =>
      users.push(`${use?.action} ${removalReason}`),
    )
    const drained = server.drain({ seconds: 10 })
    await pull()
    expect((await (await connectTo(server)).request('DESCRIBE', url)).statusCode).toBe(503)
    expect(server.pool.size).toBe(5)
    clock.advance(6000)
    expect(users).toEqual(['read drained', 'read drained'])
    clock.advance(4000)
    await drained
    expect(users[2]).toBe('publish drained')
    expect([users.length, gone.length]).toEqual([5, 5])
  })

  it('shortens with a second call, and never lengthens', async () => {
    const { clock, server, gone } = await scene(1)
    const first = server.drain({ seconds: 100 })
    const longer = server.drain({ seconds: 1000 })
    clock.advance(10_000)
    const shorter = server.drain({ seconds: 4 })
    clock.advance(4000)
    await Promise.all([first, longer, shorter])
    expect(gone.map(({ at }) => at)).toEqual([12_000, 14_000])
    await server.drain()
  })

  it('ends with the last session that leaves by itself', async () => {
    const { clock, server, publisher, clients, gone } = await scene(2)
    const drained = server.drain({ seconds: 90 })
    for (const client of [publisher, ...clients]) await client.close()
    await drained
    expect(gone.map(({ reason }) => reason)).toEqual(Array(3).fill('connectionClosed'))
    expect(clock.now()).toBeGreaterThan(0)
  })

  it('ends everybody at once with 0 seconds', async () => {
    const { server, gone } = await scene(2)
    await server.drain({ seconds: 0 })
    expect(gone.map(({ action }) => action)).toEqual(['read', 'read', 'publish'])
  })

  it('is called off by its signal: newcomers are welcome again', async () => {
    const { clock, server, url, gone } = await scene(3)
    const controller = new AbortController()
    const drained = server.drain({ seconds: 8, signal: controller.signal })
    clock.advance(2000)
    controller.abort(new Error('not today'))
    await expect(drained).rejects.toThrow('not today')
    expect(server.isDraining).toBe(false)
    clock.advance(20_000)
    expect(gone).toHaveLength(1)
    await expectOk(await connectTo(server), 'DESCRIBE', url)
    await expect(server.drain({ signal: controller.signal })).rejects.toThrow('not today')
    expect(server.isDraining).toBe(false)
  })

  it('goes on in the time of the others when one of its callers calls it off', async () => {
    const { clock, server, url, gone } = await scene(3)
    const [hasty, patient] = [new AbortController(), new AbortController()]
    const soon = server.drain({ seconds: 8, signal: hasty.signal })
    const later = server.drain({ seconds: 62, signal: patient.signal })
    clock.advance(2000)
    hasty.abort(new Error('no hurry'))
    await expect(soon).rejects.toThrow('no hurry')
    expect(server.isDraining).toBe(true)
    expect((await (await connectTo(server)).request('DESCRIBE', url)).statusCode).toBe(503)
    clock.advance(40_000)
    expect(gone.map(({ at }) => at)).toEqual([2000, 22_000, 42_000])
    patient.abort(new Error('not today'))
    await expect(later).rejects.toThrow('not today')
    expect([server.isDraining, gone.length]).toEqual([false, 3])
    await expectOk(await connectTo(server), 'DESCRIBE', url)
  })

  it('keeps the other sessions when a listener calls it off', async () => {
    const { clock, server, gone } = await scene(3)
    const controller = new AbortController()
    server.pool.on('sessionRemoved', () => controller.abort(new Error('enough')))
    const drained = server.drain({ seconds: 8, signal: controller.signal })
    clock.advance(60_000)
    await expect(drained).rejects.toThrow('enough')
    expect(gone).toHaveLength(1)
    const atOnce = new AbortController()
    server.pool.on('sessionRemoved', () => atOnce.abort(new Error('enough again')))
    await expect(server.drain({ seconds: 0, signal: atOnce.signal })).rejects.toThrow(
      'enough again',
    )
    expect(gone).toHaveLength(2)
  })

  it('is ended by close', async () => {
    const { server, gone } = await scene(2)
    const drained = server.drain({ seconds: 60 })
    await server.close()
    await drained
    expect(gone.map(({ reason }) => reason)).toEqual(Array(3).fill('poolClosed'))
  })

  it.each<[unknown, string]>([
    [{ seconds: -1 }, 'seconds must be a number of seconds'],
    [{ seconds: 1e10 }, 'seconds must be a number of seconds from 0 to 2147483647'],
    [{ second: 1 }, "did you mean 'seconds'"],
    [{ signal: 1 }, 'signal must be an AbortSignal, got number'],
  ])('refuses wrong options: %o', async (options, message) => {
    const { server } = await scene(0)
    await expect(server.drain(options as { seconds: number })).rejects.toThrow(message)
    expect(server.isDraining).toBe(false)
  })
})
