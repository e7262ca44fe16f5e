import { describe, expect, it } from 'vitest'
import type {
  OverloadOptions,
  PressureParts,
  RtspServer,
  RtspServerOptions,
} from '../../../src/index.js'
import { sequenceNumberOf } from '../../../src/rtp/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { inSession, mountCamera, readySession, setUp } from '../../support/dialogue.js'
import { sessionIdOf } from '../../support/rtsp-client.js'
import {
  connectTo,
  expectOk,
  play,
  publish,
  rtpPacket,
  startServer,
  urlOf,
} from '../../support/test-server.js'
import { pushTo, type TestSource } from '../../support/test-source.js'
import { nextTurn, until } from '../../support/until.js'

/** A server whose pressure the test sets; half a second passes with each value. */
async function scene(overload: OverloadOptions = {}, options: RtspServerOptions = {}) {
  const clock = new ManualClock()
  const parts: { -readonly [K in keyof PressureParts]: number } = {
    ...{ heap: 0, memory: 0, loopDelay: 0, queues: 0 },
  }
  const server = await startServer({
    clock,
    slowReaderTimeout: 0,
    maxBacklogSeconds: 1e6,
    maxBacklogBytes: 1e9,
    ...options,
    overload: { calmSeconds: 0, measure: () => parts, ...overload },
  })
  const sources = mountCamera(server)
  const changes: string[] = []
  server.on('pressureChanged', ({ level }, previous) => changes.push(`${previous} ${level}`))
  const press = (value: number, part: keyof PressureParts = 'heap') => {
    parts[part] = value
    clock.advance(500)
  }
  return { clock, server, sources, changes, press, url: urlOf(server, '/cam') }
}

/** A picture that fills the buffers of the kernel soon. */
const picture = (sequenceNumber: number) =>
  rtpPacket({ sequenceNumber, marker: true, payload: Buffer.alloc(60_000, 0x41) })

/**
 * Pushes pictures, a few at a time. The ring of a send thread has room for 4 MiB; when it is full, viewers are sent
 * nothing up to a key frame, and none follows here.
 */
async function pushPictures(
  { server, sources }: { readonly server: RtspServer; readonly sources: readonly TestSource[] },
  from: number,
  count: number,
): Promise<void> {
  const hasSent = () => server.stats().sendThreads.every(({ lagBytes }) => lagBytes === 0)
  for (let n = from; n < from + count; n++) {
    pushTo(sources, 0, picture(n))
    if (n % 20 !== 19) continue
    await nextTurn()
    await until(hasSent)
  }
}

/** A viewer that plays, and does not read. */
async function slowViewer(server: Awaited<ReturnType<typeof startServer>>, url: string) {
  const client = await connectTo(server)
  const { session } = await play(client, url)
  client.socket.pause()
  return { client, session: server.pool.get(session) }
}

describe('a server under pressure', { tags: 'B-LOAD' }, () => {
  it('tells its pressure with its parts, and each change of its measures', async () => {
    const { server, changes, press } = await scene()
    await expectOk(await connectTo(server), 'OPTIONS', '*')
    press(0.5, 'queues')
    expect(server.stats().pressure).toEqual({
      ...{ value: 0.5, level: 'normal', refusedSetups: 0 },
      parts: { heap: 0, memory: 0, loopDelay: 0, queues: 0.5 },
    })
    for (const value of [0.85, 0.92, 1.4, 0.89, 0.7]) press(value, 'memory')
    expect(changes).toEqual([
      ...['normal saving', 'saving refusing', 'refusing shedding'],
      ...['shedding refusing', 'refusing normal'],
    ])
    press(1.4)
    expect(server.stats().pressure).toMatchObject({ value: 1, level: 'shedding' })
  })

  it('refuses a SETUP that would create a session, with Retry-After, and no other request', async () => {
    const { server, press, url } = await scene()
    const viewer = await connectTo(server)
    const session = sessionIdOf(await setUp(viewer, `${url}/trackID=0`))
    const newcomer = await connectTo(server)
    await expectOk(newcomer, 'OPTIONS', '*')
    press(0.91)
    await expectOk(newcomer, 'DESCRIBE', url)
    const refused = await setUp(newcomer, `${url}/trackID=0`)
    expect(refused.statusCode).toBe(503)
    expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThanOrEqual(5)
    expect((await setUp(viewer, `${url}/trackID=1`, undefined, session)).statusCode).toBe(200)
    await expectOk(viewer, 'PLAY', url, { headers: { Session: session } })
    expect(server.stats().pressure).toMatchObject({ level: 'refusing', refusedSetups: 1 })
    expect(server.pool.size).toBe(1)
    press(0.5)
    expect((await setUp(newcomer, `${url}/trackID=0`)).statusCode).toBe(200)
  })

  it('lets viewers begin with the next packet, not with the last key frame', async () => {
    const { server, press, url, sources } = await scene()
    const first = await connectTo(server)
    await play(first, url, ['TCP'])
    const key = rtpPacket({ sequenceNumber: 1, marker: true, payload: Buffer.alloc(100, 0x65) })
    pushTo(sources, 0, key)
    const start = async () => {
      const client = await connectTo(server)
      const { response } = await play(client, url, ['TCP'])
      return response.headers.get('RTP-Info')
    }
    expect(await start()).toContain('seq=1;')
    press(0.85)
    expect(await start()).not.toContain('seq=1;')
    press(0.2)
    expect(await start()).toContain('seq=1;')
  })

  it('ends idle set-ups earlier, and never a session that plays or has an announced timeout left', async () => {
    const { clock, server, press, url } = await scene(
      {},
      { pool: { maxIdleSetup: 30, timeout: 60 } },
    )
    const [idle, playing] = [await connectTo(server), await connectTo(server)]
    const first = server.pool.get(await readySession(idle, url))
    const { session } = await play(playing, url)
    clock.advance(14_000)
    const second = server.pool.get(await readySession(await connectTo(server), url))
    press(0.9)
    expect(first?.removalReason).toBeUndefined()
    clock.advance(1000)
    expect(first?.removalReason).toBe('idleSetup')
    expect(second?.removalReason).toBeUndefined()
    expect(server.pool.get(session)?.timeout).toBe(60)
    press(1)
    clock.advance(1000)
    expect(second?.removalReason).toBe('idleSetup')
    expect(server.pool.get(session)?.removalReason).toBeUndefined()
  })

  it('closes connections without session earlier, but not those that are used', async () => {
    const { clock, server, press } = await scene({}, { idleTimeout: 60 })
    const [silent, talking] = [await connectTo(server), await connectTo(server)]
    for (const client of [silent, talking]) await expectOk(client, 'OPTIONS', '*')
    press(1)
    clock.advance(5000)
    await expectOk(talking, 'OPTIONS', '*')
    clock.advance(1000)
    await silent.closed()
    await expectOk(talking, 'OPTIONS', '*')
  })

  it('closes them while the pressure falls below the limit for moments', async () => {
    const { server, press } = await scene({ calmSeconds: 5 }, { idleTimeout: 60 })
    const silent = await connectTo(server)
    await expectOk(silent, 'OPTIONS', '*')
    for (let second = 0; second < 7; second++) {
      press(0.5)
      press(1)
    }
    expect(server.stats().pressure?.level).toBe('shedding')
    await silent.closed()
  })

  it('ends the viewers with the largest queues, a few at a time, and never a publisher', async () => {
    const { server, press, url, sources } = await scene({ maxShedAtOnce: 1 })
    const publisher = await connectTo(server)
    await publish(publisher, urlOf(server, '/live/door'))
    const reading = await connectTo(server)
    await play(reading, url)
    const large = await slowViewer(server, url)
    const push = (from: number) => pushPictures({ server, sources }, from, 200)
    const hasRead = (last: number) =>
      until(() => reading.frames.some(({ payload }) => sequenceNumberOf(payload) === last))
    await push(0)
    await hasRead(199)
    const small = await slowViewer(server, url)
    await push(200)
    await hasRead(399)
    press(0.96)
    expect(large.session?.removalReason).toBe('overload')
    expect(small.session?.removalReason).toBeUndefined()
    press(0.96)
    expect(small.session?.removalReason).toBe('overload')
    press(1)
    await until(() => server.connections.size === 2)
    expect(server.pool.stats().removed).toMatchObject({ overload: 2 })
    expect(server.pool.size).toBe(2)
    await expectOk(publisher, 'OPTIONS', '*')
  })

  it('counts what waits for its clients', async () => {
    const { clock, server, url, sources } = await scene({
      ...{ measure: () => ({ heap: 0, memory: 0 }), maxQueuedBytes: 1_000_000 },
    })
    const { client } = await slowViewer(server, url)
    await pushPictures({ server, sources }, 0, 400)
    clock.advance(500)
    expect(server.stats().pressure?.parts.queues).toBeGreaterThan(1)
    await until(() => server.connections.size === 0)
    expect(server.pool.stats().removed).toMatchObject({ overload: 1 })
    client.socket.resume()
    await client.closed()
  })

  it('is turned off and on while it runs', async () => {
    const { server, changes, press, url } = await scene()
    const client = await connectTo(server)
    await expectOk(client, 'OPTIONS', '*')
    press(1)
    server.update({ overload: false })
    expect(server.stats().pressure).toBeUndefined()
    expect(changes).toEqual(['normal shedding', 'shedding normal'])
    const session = await readySession(client, url)
    server.update({ overload: { measure: () => ({ heap: 0.95 }) } })
    press(1)
    expect((await setUp(await connectTo(server), `${url}/trackID=0`)).statusCode).toBe(503)
    await inSession(client, 'PLAY', url, session)
  })

  it('measures parts that the function of the application leaves out, or fails to tell', async () => {
    const { clock, server } = await scene({ measure: () => ({ heap: Number.NaN, queues: 0.25 }) })
    await expectOk(await connectTo(server), 'OPTIONS', '*')
    clock.advance(500)
    const { parts } = server.stats().pressure ?? {}
    expect(parts?.queues).toBe(0.25)
    expect(parts?.heap).toBeGreaterThan(0)
    expect(parts?.heap).toBeLessThan(1)
  })
})
