import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { RtspServer, SessionPool, type SessionPoolOptions } from '../../../src/index.js'
import { inSession, mountCamera, readySession, setUp, tcp } from '../../support/dialogue.js'
import { receiverReportOf } from '../../support/rtcp.js'
import { sessionIdOf } from '../../support/rtsp-client.js'
import { type SceneOptions, scene } from '../../support/scene.js'
import {
  connectTo,
  expectOk,
  openUdpPorts,
  play,
  publish,
  rtpPacket,
  testSdp,
  urlOf,
} from '../../support/test-server.js'
import { pushTo } from '../../support/test-source.js'
import { until } from '../../support/until.js'

async function camera(pool: SessionPoolOptions, options: SceneOptions = {}) {
  const { server, clock, sources, url } = await scene({ pool, ...options })
    .camera()
    .start()
  const connect = async (address?: string) => connectTo(server, address)
  let sequenceNumber = 0
  /** The source sends its next packet, numbered from 1. */
  const push = () =>
    pushTo(sources, 0, rtpPacket({ sequenceNumber: ++sequenceNumber, marker: true }))
  return { clock, server, sources, url, video: `${url}/trackID=0`, connect, push }
}

describe('maxSessions', { tags: 'B-FULL' }, () => {
  it('100 of 150 get a session; the others get 503, and cost the first nothing', async () => {
    const { server, url, video, connect, push } = await camera({ maxSessions: 100 })
    const viewer = await connect()
    await play(viewer, url, ['TCP'])
    const client = await connect()
    const ids: string[] = []
    for (let n = 1; n < 100; n++) {
      const response = await setUp(client, video)
      expect(response.statusCode).toBe(200)
      ids.push(sessionIdOf(response))
    }
    const before = { ...server.stats(), sendThreads: [] }
    const startedAt = performance.now()
    for (let n = 0; n < 50; n++) {
      expect((await setUp(client, video)).statusCode).toBe(503)
      push()
    }
    expect((performance.now() - startedAt) / 50).toBeLessThan(50)
    // The viewer goes on meanwhile.
    expect({ ...server.stats(), unicast: before.unicast, sendThreads: [] }).toEqual(before)
    expect(server.pool.stats()).toMatchObject({ size: 100, refused: { maxSessions: 50 } })
    await until(() => viewer.frames.length >= 50)
    const sent = viewer.frames.filter(({ channel }) => channel === 0)
    expect(sent.map(({ payload }) => payload.readUInt16BE(2))).toEqual(
      Array.from({ length: 50 }, (_, n) => n + 1),
    )
    await inSession(client, 'TEARDOWN', url, ids[0] ?? '')
    expect((await setUp(client, video)).statusCode).toBe(200)
    expect((await setUp(client, video)).statusCode).toBe(503)
  })

  it('Retry-After varies from 5 to 15 seconds', { tags: 'Q5' }, async () => {
    const { server, url, video, connect } = await camera({ maxSessions: 1 })
    const client = await connect()
    await readySession(client, url)
    const seconds: number[] = []
    for (let n = 0; n < 100; n++) {
      const response = await setUp(client, video)
      expect(response.statusCode).toBe(503)
      seconds.push(Number(response.headers.get('Retry-After')))
    }
    expect(seconds.every((value) => Number.isInteger(value) && value >= 5 && value <= 15)).toBe(
      true,
    )
    const mean = seconds.reduce((sum, value) => sum + value, 0) / seconds.length
    const variance = seconds.reduce((sum, value) => sum + (value - mean) ** 2, 0) / seconds.length
    expect(Math.sqrt(variance)).toBeGreaterThan(0)
    expect(server.pool.stats().refused.maxSessions).toBe(100)
  })

  it('an expired session makes room, even if no cleanup has run', async () => {
    const { clock, server, video, connect } = await camera({ maxSessions: 3 })
    const { clientPort } = await openUdpPorts()
    const transport = `RTP/AVP;unicast;client_port=${clientPort}`
    const client = await connect()
    for (let n = 0; n < 3; n++) await setUp(client, video, transport)
    expect((await setUp(client, video, transport)).statusCode).toBe(503)
    clock.stall(30_000)
    expect((await setUp(client, video, transport)).statusCode).toBe(200)
    expect(server.pool.stats()).toMatchObject({ size: 3, removed: { idleSetup: 1 } })
    clock.advance(250)
    expect(server.pool.stats()).toMatchObject({ size: 1, removed: { idleSetup: 3 } })
  })
})

describe('the limit of an address', { tags: 'B-FULL' }, () => {
  it('is 503 for that address, and never makes the SETUP of another one fail', async () => {
    const { server, video, connect } = await camera({ maxSessions: 20, maxSessionsPerAddress: 3 })
    const [greedy, other] = [await connect(), await connect('127.0.0.2')]
    for (let n = 0; n < 3; n++) {
      expect((await setUp(greedy, video)).statusCode).toBe(200)
    }
    for (let n = 0; n < 3; n++) {
      const refused = await setUp(n % 2 ? greedy : await connect(), video)
      expect([refused.statusCode, refused.headers.has('Retry-After')]).toEqual([503, true])
      expect((await setUp(other, video)).statusCode).toBe(200)
    }
    expect(server.pool.stats()).toMatchObject({ size: 6, refused: { maxSessionsPerAddress: 3 } })
  })
})

describe('the limit of a path', { tags: 'A-SET-21' }, () => {
  it('is 453 without Retry-After; the first viewer and other paths are unaffected', async () => {
    const { server, url, video, connect, push } = await camera({ maxSessionsPerPath: 1 })
    mountCamera(server, '/garage')
    const [first, second] = [await connect(), await connect()]
    const { session } = await play(first, url, ['TCP'])
    const before = { ...server.stats(), sendThreads: [] }
    const refused = await setUp(second, video)
    expect([refused.statusCode, refused.headers.has('Retry-After')]).toEqual([453, false])
    expect(refused.headers.has('Session')).toBe(false)
    expect({ ...server.stats(), sendThreads: [] }).toEqual(before)
    push()
    await until(() => first.frames.length === 1)
    expect(server.pool.stats().refused.maxSessionsPerPath).toBe(1)
    expect((await setUp(second, urlOf(server, '/garage/trackID=0'))).statusCode).toBe(200)
    await inSession(first, 'TEARDOWN', url, session)
    expect((await setUp(second, video)).statusCode).toBe(200)
  })

  it('counts the publisher of a path like a viewer', async () => {
    const { server, connect } = await camera({ maxSessionsPerPath: 2 })
    const url = urlOf(server, '/live/door')
    await publish(await connect(), url)
    await play(await connect(), url)
    expect((await setUp(await connect(), `${url}/trackID=0`)).statusCode).toBe(453)
  })
})

describe('sessions that do not play', { tags: 'B-FULL' }, () => {
  it.each(['TCP', 'UDP'] as const)('are gone after 30 s: %s', { tags: 'A-TRD-5' }, async (over) => {
    const { clock, server, url, connect, push } = await camera({})
    const ports = await openUdpPorts()
    const transport = over === 'TCP' ? tcp : `RTP/AVP;unicast;client_port=${ports.clientPort}`
    const [viewer, idle] = [await connect(), await connect()]
    await play(viewer, url, ['TCP'])
    const session = await readySession(idle, url, transport)
    clock.advance(29_000)
    // Whatever its client does.
    await inSession(idle, 'OPTIONS', url, session)
    clock.advance(999)
    expect(server.pool.size).toBe(2)
    clock.advance(251)
    expect(server.pool.stats()).toMatchObject({ size: 1, removed: { idleSetup: 1 } })
    clock.advance(2_000)
    await idle.closed()
    expect(server.stats()).toMatchObject({ channels: 2, udpPeers: 0 })
    push()
    await until(() => viewer.frames.some(({ channel }) => channel === 0))
  })

  it('a UDP session that was only set up outlives its connection for that time', {
    tags: 'A-TRD-5',
  }, async () => {
    const { clock, server, url, connect } = await camera({})
    const ports = await openUdpPorts()
    const transport = `RTP/AVP;unicast;client_port=${ports.clientPort}`
    const client = await connect()
    const [first, second] = [
      await readySession(client, url, transport),
      await readySession(client, url, transport),
    ]
    const closed = once(server, 'connectionClosed')
    await client.close()
    await closed
    clock.advance(5_000)
    expect((await inSession(await connect(), 'PLAY', url, first)).statusCode).toBe(200)
    clock.advance(25_251)
    expect([server.pool.has(first), server.pool.has(second)]).toEqual([true, false])
  })

  it('a publisher that does not record leaves as well; one that does stays', async () => {
    const { clock, server, connect } = await camera({})
    const [recording, idle] = [await connect(), await connect()]
    const { session } = await publish(recording, urlOf(server, '/live/door'))
    const url = urlOf(server, '/live/garage')
    const headers = { 'Content-Type': 'application/sdp' }
    await expectOk(idle, 'ANNOUNCE', url, { headers, body: testSdp })
    await setUp(idle, `${url}/streamid=0`, `${tcp};mode=record`)
    for (let n = 1; n < 4; n++) {
      clock.advance(9_000)
      await inSession(recording, 'OPTIONS', url, session)
    }
    clock.advance(3_250)
    await idle.closed()
    expect(server.pool.stats()).toMatchObject({ size: 1, removed: { idleSetup: 1 } })
    expect([...server.mounts].map(([path]) => path)).toEqual(['/cam', '/live/door'])
  })

  it('an announcement without SETUP frees its path, whatever keeps the connection', async () => {
    const { clock, server, connect } = await camera({}, { publisherTakeover: 'never' })
    const idle = await connect()
    const url = urlOf(server, '/live/garage')
    const announcement = { headers: { 'Content-Type': 'application/sdp' }, body: testSdp }
    await expectOk(idle, 'ANNOUNCE', url, announcement)
    clock.advance(29_999)
    await expectOk(idle, 'OPTIONS', '*')
    const late = await connect()
    expect((await late.request('ANNOUNCE', url, announcement)).statusCode).toBe(403)
    clock.advance(1)
    await expectOk(late, 'ANNOUNCE', url, announcement)
    const tooLate = await setUp(idle, `${url}/streamid=0`, `${tcp};mode=record`)
    expect([tooLate.statusCode, server.pool.size]).toEqual([461, 0])
    const { session } = await publish(late, url)
    for (let n = 0; n < 7; n++) {
      clock.advance(9_000)
      await inSession(late, 'OPTIONS', url, session)
    }
    expect(server.mounts.get('/live/garage')).toBeDefined()
  })

  it('with maxIdleSetup 0 an announcement may wait for as long as its connection', async () => {
    const { clock, server, connect } = await camera({ maxIdleSetup: 0 })
    const client = await connect()
    const announcement = { headers: { 'Content-Type': 'application/sdp' }, body: testSdp }
    await expectOk(client, 'ANNOUNCE', urlOf(server, '/live/garage'), announcement)
    clock.advance(1e6)
    expect(server.mounts.size).toBe(2)
  })

  it('stay with maxIdleSetup 0, until their timeout', async () => {
    const { clock, server, url, connect } = await camera(
      { maxIdleSetup: 0 },
      { udpLiveness: 'client' },
    )
    const { clientPort } = await openUdpPorts()
    await readySession(await connect(), url, `RTP/AVP;unicast;client_port=${clientPort}`)
    clock.advance(64_999)
    expect(server.pool.size).toBe(1)
    clock.advance(251)
    expect(server.pool.stats()).toMatchObject({ size: 0, removed: { timeout: 1 } })
  })
})

describe('fullPolicy evictOldestIdle', { tags: 'B-FULL' }, () => {
  const evicting = { maxSessions: 2, fullPolicy: 'evictOldestIdle' } as const

  it('a silent session makes room, and loses its connection; one with RTCP stays', {
    tags: 'U-4',
  }, async () => {
    const { clock, server, url, video, connect, push } = await camera(evicting)
    const [viewer, idle, next] = [await connect(), await connect(), await connect()]
    await play(viewer, url, ['TCP'])
    await readySession(idle, url)
    const [watching] = server.pool.values()
    const playedAt = clock.now()
    clock.advance(5_000)
    viewer.sendFrame(1, receiverReportOf({}))
    await until(() => watching !== undefined && watching.lastAccessAt > playedAt)
    expect((await setUp(next, video)).statusCode).toBe(200)
    clock.advance(2_000)
    await idle.closed()
    expect(server.pool.stats()).toMatchObject({ size: 2, removed: { evicted: 1 } })
    push()
    await until(() => viewer.frames.length > 0)
  })

  it.each(['TCP', 'UDP'] as const)(
    'an open connection keeps its session from timing out, and is no sign of life: %s',
    { tags: 'U-4' },
    async (over) => {
      const { clock, server, url, video, connect } = await camera({ ...evicting, maxIdleSetup: 0 })
      const transportOf = async () =>
        over === 'TCP' ? tcp : `RTP/AVP;unicast;client_port=${(await openUdpPorts()).clientPort}`
      const [first, second] = [await connect(), await connect()]
      const asking = await readySession(first, url, await transportOf())
      const silent = await readySession(second, url, await transportOf())
      // It lies longer ago than any session may be silent that nobody holds.
      clock.advance(200_000)
      await inSession(first, 'OPTIONS', url, asking)
      expect((await setUp(await connect(), video)).statusCode).toBe(200)
      expect([server.pool.has(asking), server.pool.has(silent)]).toEqual([true, false])
    },
  )

  it('a session that the application keeps from expiring is evicted last', {
    tags: 'U-4',
  }, async () => {
    const { clock, server, url, video, connect } = await camera({ ...evicting, maxIdleSetup: 0 })
    const [first, second] = [await connect(), await connect()]
    const prevented = await readySession(first, url)
    server.pool.get(prevented)?.preventExpire()
    clock.advance(1_000)
    const other = await readySession(second, url)
    expect((await setUp(await connect(), video)).statusCode).toBe(200)
    expect([server.pool.has(prevented), server.pool.has(other)]).toEqual([true, false])
    server.pool.get(prevented)?.allowExpire()
    clock.advance(1_000)
    await connect().then((client) => setUp(client, video))
    clock.advance(1_000)
    await connect().then((client) => setUp(client, video))
    expect(server.pool.has(prevented)).toBe(false)
  })

  it('a client that makes room for itself keeps its connection', { tags: 'B-RACE' }, async () => {
    const { server, url, video, connect, push } = await camera({ ...evicting, maxSessions: 1 })
    const client = await connect()
    for (let n = 0; n < 3; n++) await setUp(client, video)
    const session = sessionIdOf(await setUp(client, video))
    expect((await inSession(client, 'PLAY', url, session)).statusCode).toBe(200)
    push()
    await until(() => client.frames.length > 0)
    expect(server.pool.stats()).toMatchObject({ size: 1, removed: { evicted: 3 } })
    // Playing is no privilege: nobody has been silent for longer.
    expect((await setUp(client, video)).statusCode).toBe(200)
    expect(server.pool.stats()).toMatchObject({ size: 1, removed: { evicted: 4 } })
  })

  it('a client that makes room but is refused loses its connection soon after the response', {
    tags: 'B-RACE',
  }, async () => {
    let count = 0
    const onAdmit = () => ++count === 1
    const limits = { ...evicting, maxSessions: 1, onAdmit }
    const { clock, server, video, connect } = await camera(limits)
    const client = await connect()
    await setUp(client, video)
    expect((await setUp(client, video)).statusCode).toBe(403)
    clock.advance(2_000)
    await client.closed()
    expect(server.stats()).toMatchObject({ sessions: 0, channels: 0 })
  })
})

describe('the limits of the pool that a server makes', { tags: 'B-FULL' }, () => {
  it('are options, can be changed, and keep the defaults where they are undefined', () => {
    const limits = { maxSessions: 1, maxSessionsPerAddress: 2, maxSessionsPerUser: 3 }
    const more = { maxSessionsPerPath: 4, maxIdleSetup: 5, maxLifetime: 6 }
    expect(new RtspServer({ pool: { ...limits, ...more } }).pool.limits).toEqual({
      ...limits,
      ...more,
      maxSessionsPerGroup: {},
    })
    const { pool } = new RtspServer({ pool: { maxIdleSetup: undefined } })
    expect(pool.limits).toMatchObject({ maxSessions: 0, maxIdleSetup: 30, maxLifetime: 0 })
    pool.setLimits({ maxIdleSetup: 0, maxSessions: 7 })
    expect(pool.limits).toMatchObject({ maxSessions: 7, maxIdleSetup: 0 })
  })

  it('are those of a pool of your own, as you made it', () => {
    const pool = new SessionPool()
    expect(new RtspServer({ pool }).pool.limits.maxIdleSetup).toBe(0)
  })

  it('lowered below the present number, they end no session', async () => {
    const { server, url, video, connect, push } = await camera({})
    const client = await connect()
    await play(client, url, ['TCP'])
    await setUp(await connect(), video)
    server.pool.maxSessions = 1
    expect((await setUp(await connect(), video)).statusCode).toBe(503)
    push()
    await until(() => client.frames.length > 0)
    expect(server.pool.size).toBe(2)
  })
})
