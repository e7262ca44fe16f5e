import { describe, expect, it } from 'vitest'
import { MediaFactory, type PublisherTakeover, type RtspServerOptions } from '../../../src/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { logIn } from '../../support/credentials.js'
import { inSession, setUp, tcp } from '../../support/dialogue.js'
import type { RtspTestClient } from '../../support/rtsp-client.js'
import { fakeTime } from '../../support/scene.js'
import {
  connectTo,
  expectOk,
  openUdpPorts,
  play,
  publish,
  rtpPacket,
  startServer,
  testSdp,
  urlOf,
} from '../../support/test-server.js'
import { TestSource } from '../../support/test-source.js'
import { until } from '../../support/until.js'

async function start(options: RtspServerOptions = {}) {
  const clock = new ManualClock()
  const server = await startServer({ ...fakeTime(clock), ...options })
  const removed: string[] = []
  server.pool.on('sessionRemoved', (_session, reason) => removed.push(reason))
  return { clock, server, url: urlOf(server, '/live/cam'), removed }
}

const announce = (client: RtspTestClient, url: string, body = testSdp) =>
  client.request('ANNOUNCE', url, { headers: { 'Content-Type': 'application/sdp' }, body })

/** Sends a packet, and waits until it has been read. */
async function send(publisher: RtspTestClient, sequenceNumber: number, channel = 0) {
  publisher.sendFrame(channel, rtpPacket({ sequenceNumber, marker: true }))
  await expectOk(publisher, 'OPTIONS', '*')
}

/** Whether the same or another host is let in, while the first sends and when it is silent. */
const policies: readonly (readonly [
  PublisherTakeover,
  readonly [number, number, number, number],
])[] = [
  ['never', [403, 403, 403, 403]],
  ['idle', [403, 200, 403, 403]],
  ['sameOwner', [200, 200, 403, 403]],
  ['always', [200, 200, 200, 200]],
]

describe('a second publisher of a path', () => {
  const table = policies.flatMap(([publisherTakeover, answers]) =>
    answers.map((statusCode, index) => ({
      ...{ publisherTakeover, statusCode },
      silentMs: index % 2 === 0 ? 1_999 : 2_000,
      from: index < 2 ? '127.0.0.1' : '127.0.0.2',
    })),
  )
  it.each(table)(
    '$publisherTakeover: from $from after $silentMs ms of silence is $statusCode',
    { tags: ['A-REC-4', 'B-PUBL'] },
    async ({ publisherTakeover, statusCode, silentMs, from }) => {
      const { clock, server, url, removed } = await start({ publisherTakeover })
      const first = await connectTo(server)
      const { session } = await publish(first, url)
      clock.advance(60_000)
      await send(first, 1)
      clock.advance(silentMs)
      const second = await connectTo(server, from)
      expect((await announce(second, url)).statusCode).toBe(statusCode)
      expect(removed).toEqual(statusCode === 200 ? ['replaced'] : [])
      if (statusCode === 200) await first.closed()
      else await expectOk(first, 'OPTIONS', url, { headers: { Session: session } })
    },
  )

  it('is let in by default as the same host, when the first is silent, and can be seen', {
    tags: 'A-REC-4',
  }, async () => {
    const { clock, server, url, removed } = await start()
    const [first, second] = [await connectTo(server), await connectTo(server)]
    await publish(first, url)
    await send(first, 1)
    const viewer = await connectTo(server)
    const watching = await play(viewer, url, ['TCP'])
    clock.advance(2_000)
    await publish(second, url)
    await until(() => server.pool.size === 1)
    expect(removed).toEqual(['replaced', 'mediaEnded'])
    // What was said to it is over; it may ask for what there is now, on the same connection.
    expect((await inSession(viewer, 'TEARDOWN', url, watching.session)).statusCode).toBe(200)
    await play(viewer, url, ['TCP'])
    second.sendFrame(0, rtpPacket({ sequenceNumber: 7, marker: true }))
    await until(() =>
      viewer.frames.some(({ channel, payload }) => channel === 0 && payload.readUInt16BE(2) === 7),
    )
  })

  it('finds the first silent by its packets alone: RTP and RTCP count, requests do not', {
    tags: 'A-REC-4',
  }, async () => {
    const { clock, server, url } = await start()
    const [first, second] = [await connectTo(server), await connectTo(server)]
    const { session } = await publish(first, url)
    for (let n = 1; n <= 4; n++) {
      clock.advance(1_500)
      if (n % 2 === 1) await send(first, n)
      else {
        first.sendFrame(1, Buffer.from('80c9000100000001', 'hex'))
        await expectOk(first, 'OPTIONS', '*')
      }
      expect((await announce(second, url)).statusCode).toBe(403)
    }
    clock.advance(1_500)
    await inSession(first, 'GET_PARAMETER', url, session)
    clock.advance(500)
    expect((await announce(second, url)).statusCode).toBe(200)
  })

  it('has to wait while the first has just announced, or begun to record', {
    tags: 'A-REC-4',
  }, async () => {
    const { clock, server, url } = await start()
    const [first, second] = [await connectTo(server), await connectTo(server)]
    await announce(first, url)
    clock.advance(1_999)
    expect((await announce(second, url)).statusCode).toBe(403)
    const answer = await setUp(first, `${url}/streamid=0`, `${tcp};mode=record`)
    const id = (answer.headers.get('Session') ?? '').split(';')[0] ?? ''
    await inSession(first, 'RECORD', url, id)
    clock.advance(1_999)
    expect((await announce(second, url)).statusCode).toBe(403)
    clock.advance(1)
    expect((await announce(second, url)).statusCode).toBe(200)
  })

  it('replaces an announcement without SETUP; its connection stays', {
    tags: 'A-REC-4',
  }, async () => {
    const { clock, server, url, removed } = await start()
    const [first, second] = [await connectTo(server), await connectTo(server)]
    await announce(first, url)
    clock.advance(2_000)
    await publish(second, url)
    expect((await setUp(first, `${url}/streamid=0`, `${tcp};mode=record`)).statusCode).toBe(461)
    expect(removed).toEqual([])
  })

  it('takes over from UDP, whose connection may be gone', { tags: 'A-REC-4' }, async () => {
    const { clock, server, url, removed } = await start()
    const first = await connectTo(server)
    await publish(first, url, [await openUdpPorts()])
    await first.close()
    await until(() => server.stats().connections === 0)
    clock.advance(2_000)
    await publish(await connectTo(server), url, ['TCP'])
    expect([removed, server.stats().udpPeers]).toEqual([['replaced'], 0])
  })

  it.each([
    ['sameOwner', 'u', '127.0.0.2', 200],
    ['sameOwner', 'eve', '127.0.0.1', 403],
    ['idle', 'u', '127.0.0.2', 200],
    ['idle', 'eve', '127.0.0.1', 403],
    ['always', 'eve', '127.0.0.2', 200],
    ['never', 'u', '127.0.0.1', 403],
  ] as const)(
    'with users, %s: user %s from %s is %i',
    { tags: 'A-REC-4' },
    async (publisherTakeover, user, from, statusCode) => {
      const auth = { users: { u: 'p', eve: 'p' } }
      const { clock, server, url } = await start({ publisherTakeover, auth })
      const first = await connectTo(server)
      await logIn(first)
      await publish(first, url)
      clock.advance(2_000)
      const second = await connectTo(server, from)
      await logIn(second, { user })
      expect((await announce(second, url)).statusCode).toBe(statusCode)
    },
  )

  it('is nobody without credentials, whatever the policy', {
    tags: ['A-REC-4', 'A-DIG-9'],
  }, async () => {
    const auth = { users: { u: 'p' } }
    const { clock, server, url, removed } = await start({ publisherTakeover: 'always', auth })
    const first = await connectTo(server)
    await logIn(first)
    await publish(first, url)
    clock.advance(5_000)
    expect((await announce(await connectTo(server), url)).statusCode).toBe(401)
    expect(removed).toEqual([])
  })

  it('that announces nonsense leaves the first alone', { tags: 'A-REC-4' }, async () => {
    const { clock, server, url, removed } = await start({ publisherTakeover: 'always' })
    await publish(await connectTo(server), url)
    clock.advance(5_000)
    expect((await announce(await connectTo(server), url, 'nonsense')).statusCode).toBe(400)
    expect([removed, server.mounts.size]).toEqual([[], 1])
  })

  it('that is the first itself, on its own connection, is refused: it has TEARDOWN', {
    tags: 'A-REC-4',
  }, async () => {
    const { clock, server, url, removed } = await start({ publisherTakeover: 'always' })
    const first = await connectTo(server)
    await publish(first, url)
    clock.advance(5_000)
    expect((await announce(first, url)).statusCode).toBe(403)
    expect(removed).toEqual([])
  })

  it('never replaces a mount of the application', { tags: 'A-REC-4' }, async () => {
    const { clock, server, url } = await start({ publisherTakeover: 'always' })
    server.mounts.add('/live/cam', new MediaFactory(() => new TestSource()))
    clock.advance(5_000)
    expect((await announce(await connectTo(server), url)).statusCode).toBe(403)
  })
})

describe('a publisher that returns while all places are taken', () => {
  const ways = {
    TCP: async (client: RtspTestClient, url: string) => void (await publish(client, url, ['TCP'])),
    UDP: async (client: RtspTestClient, url: string) =>
      void (await publish(client, url, [await openUdpPorts()])),
    'an announcement': async (client: RtspTestClient, url: string) =>
      void (await announce(client, url)),
  } as const
  const limits = [
    { maxSessions: 1 },
    { maxSessionsPerAddress: 1 },
    { maxSessionsPerPath: 1 },
    { maxSessions: 1, maxSessionsPerAddress: 1, maxSessionsPerPath: 1 },
  ]
  const table = Object.entries(ways).flatMap(([way, begin]) =>
    limits.map((pool) => ({ way, begin, pool })),
  )

  it.each(table)(
    'reuses its own place: $way, $pool',
    { tags: 'A-REC-4' },
    async ({ way, begin, pool }) => {
      const { server, url, removed } = await start({ publisherTakeover: 'sameOwner', pool })
      await begin(await connectTo(server), url)
      for (let n = 0; n < 2; n++) await publish(await connectTo(server), url, ['TCP'])
      const replaced = way === 'an announcement' ? ['replaced'] : ['replaced', 'replaced']
      expect([removed, server.pool.size, server.mounts.size]).toEqual([replaced, 1, 1])
    },
  )

  it.each([{ maxSessionsPerUser: 1 }, { maxSessionsPerUser: 1, maxSessions: 1 }])(
    'reuses its own place as a user, from any host: %j',
    { tags: 'A-REC-4' },
    async (pool) => {
      const auth = { users: { u: 'p' } }
      const { server, url, removed } = await start({ publisherTakeover: 'sameOwner', pool, auth })
      for (const from of ['127.0.0.1', '127.0.0.1', '127.0.0.2']) {
        const client = await connectTo(server, from)
        await logIn(client)
        await publish(client, url, ['TCP'])
      }
      expect([removed, server.pool.size]).toEqual([['replaced', 'replaced'], 1])
    },
  )

  it('uses no second place: its announcement on the same connection ends too', {
    tags: 'A-REC-4',
  }, async () => {
    const { server, url } = await start({
      publisherTakeover: 'sameOwner',
      pool: { maxSessions: 2 },
    })
    const [first, second] = [await connectTo(server), await connectTo(server)]
    await publish(first, url, ['TCP'])
    expect((await announce(second, `${url}2`)).statusCode).toBe(200)
    await publish(second, url, ['TCP'])
    expect([server.pool.size, server.mounts.size]).toEqual([1, 1])
  })

  it('has no place at another path, and the first stays', { tags: 'A-REC-4' }, async () => {
    const pool = { maxSessions: 1 }
    const { server, url, removed } = await start({ publisherTakeover: 'sameOwner', pool })
    await publish(await connectTo(server), url, ['TCP'])
    expect((await announce(await connectTo(server), `${url}2`)).statusCode).toBe(503)
    expect([removed, server.pool.size]).toEqual([[], 1])
  })

  it('frees no place of another host, and the first stays', { tags: 'A-REC-4' }, async () => {
    const pool = { maxSessionsPerAddress: 1 }
    const { server, url, removed } = await start({ publisherTakeover: 'always', pool })
    await publish(await connectTo(server, '127.0.0.1'), url, ['TCP'])
    const second = await connectTo(server, '127.0.0.2')
    await play(await connectTo(server, '127.0.0.2'), url, ['TCP'])
    expect((await announce(second, url)).statusCode).toBe(503)
    expect([removed, server.pool.size]).toEqual([[], 2])
  })
})

describe('a second publisher over IPv6', () => {
  it('is the same owner in the same network of 64 bits', { tags: 'A-REC-4' }, async (context) => {
    let started: Awaited<ReturnType<typeof start>>
    try {
      started = await start({ host: '::1', publisherTakeover: 'sameOwner' })
    } catch {
      return context.skip('no IPv6 here')
    }
    const { server, url } = started
    await publish(await connectTo(server), url)
    expect((await announce(await connectTo(server), url)).statusCode).toBe(200)
  })
})
