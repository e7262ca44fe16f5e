import { describe, expect, it } from 'vitest'
import { RtspServer, type Session } from '../../../src/index.js'
import { inSession, readySession, tcp } from '../../support/dialogue.js'
import { openTunnel, openWebSocket, rtspOver, rtspThrough } from '../../support/http-client.js'
import type { RtspTestClient } from '../../support/rtsp-client.js'
import { type SceneOptions, scene } from '../../support/scene.js'
import {
  connectTlsTo,
  connectTo,
  expectOk,
  openUdpPorts,
  publish,
  rtpPacket,
  testCertificate,
  urlOf,
} from '../../support/test-server.js'
import { pushTo } from '../../support/test-source.js'
import { until } from '../../support/until.js'

const minute = 60_000

const camera = (options: SceneOptions = {}) => scene(options).camera().start()

const transportOver = async (over: 'TCP' | 'UDP') =>
  over === 'TCP' ? tcp : `RTP/AVP;unicast;client_port=${(await openUdpPorts()).clientPort}`

type Camera = Awaited<ReturnType<typeof camera>>

const carriers: Record<string, (camera: Camera) => Promise<RtspTestClient>> = {
  TCP: ({ server }) => connectTo(server),
  TLS: ({ server }) => connectTlsTo(server),
  HTTP: async ({ server }) => rtspThrough(await openTunnel(server)),
  WebSocket: async ({ server }) => rtspOver(await openWebSocket(server)),
}

describe('an interleaved viewer that sends nothing', () => {
  it.each(Object.keys(carriers))(
    'stays as long as its connection is open, with or without media: %s',
    { tags: ['P-3', 'A-SES-7'] },
    async (carrier) => {
      const tls = { port: 0, ...testCertificate('first') }
      const there = await camera(carrier === 'TLS' ? { tls } : {})
      const { clock, server, sources, url } = there
      const client = await carriers[carrier]?.(there)
      if (!client) throw new Error('a client expected')
      const id = await readySession(client, url)
      await inSession(client, 'PLAY', url, id)
      clock.advance(3 * minute)
      pushTo(sources, 0, rtpPacket({ sequenceNumber: 1, marker: true }))
      await until(() => client.frames.some(({ channel }) => channel === 0))
      clock.advance(3 * minute)
      expect(server.pool.get(id)?.state).toBe('Playing')
      await client.close()
      await until(() => server.pool.size === 0)
      expect(server.pool.stats().removed).toMatchObject({ connectionClosed: 1 })
    },
  )

  it.each([
    ['Ready', { maxIdleSetup: 0 }, []],
    ['paused', {}, ['PLAY', 'PAUSE']],
  ] as const)(
    'stays also when it is %s',
    { tags: ['P-3', 'A-SES-7'] },
    async (_state, pool, methods) => {
      const { clock, server, url } = await camera({ pool })
      const client = await connectTo(server)
      const id = await readySession(client, url)
      for (const method of methods) await inSession(client, method, url, id)
      clock.advance(3 * minute)
      expect(server.pool.get(id)?.state).toBe('Ready')
    },
  )

  it.each([{ maxLifetime: 100 }, { maxIdleSetup: 100 }])(
    'ends nevertheless at another limit: %j',
    { tags: ['P-3', 'A-SES-7'] },
    async (pool) => {
      const { clock, server, url } = await camera({ pool: { maxIdleSetup: 0, ...pool } })
      const client = await connectTo(server)
      await readySession(client, url)
      clock.advance(99_000)
      expect(server.pool.size).toBe(1)
      clock.advance(2_000)
      expect(server.pool.size).toBe(0)
    },
  )
})

describe('an interleaved publisher that sends nothing', () => {
  it('stays as long as its connection is open', { tags: ['P-3', 'A-SES-7'] }, async () => {
    const { clock, server } = await camera()
    const publisher = await connectTo(server)
    const { session } = await publish(publisher, urlOf(server, '/live/cam'))
    clock.advance(3 * minute)
    expect(server.pool.get(session)?.state).toBe('Recording')
  })
})

describe('a UDP viewer that sends nothing', () => {
  it('stays as long as its connection is open, and its timeout afterwards', {
    tags: ['P-3', 'A-SES-7'],
  }, async () => {
    const { clock, server, url } = await camera()
    const client = await connectTo(server)
    const id = await readySession(client, url, await transportOver('UDP'))
    await inSession(client, 'PLAY', url, id)
    clock.advance(3 * minute)
    expect(server.pool.get(id)?.state).toBe('Playing')
    await client.close()
    await until(() => server.stats().connections === 0)
    clock.advance(64_999)
    expect(server.pool.size).toBe(1)
    clock.advance(251)
    expect(server.pool.stats()).toMatchObject({ size: 0, removed: { timeout: 1 } })
  })

  it("leaves after its timeout with udpLiveness 'client', its connection open or not", {
    tags: ['P-3', 'A-SES-7'],
  }, async () => {
    const { clock, server, url } = await camera({ udpLiveness: 'client' })
    const client = await connectTo(server)
    const id = await readySession(client, url, await transportOver('UDP'))
    await inSession(client, 'PLAY', url, id)
    clock.advance(64_999)
    expect(server.pool.size).toBe(1)
    clock.advance(251)
    expect(server.pool.stats()).toMatchObject({ size: 0, removed: { timeout: 1 } })
  })

  it('lives with the connection that used it last', { tags: ['P-3', 'A-SES-7'] }, async () => {
    const { clock, server, url } = await camera()
    const [first, second] = [await connectTo(server), await connectTo(server)]
    const id = await readySession(first, url, await transportOver('UDP'))
    await inSession(second, 'PLAY', url, id)
    await first.close()
    await until(() => server.stats().connections === 1)
    clock.advance(3 * minute)
    expect(server.pool.size).toBe(1)
    await second.close()
    await until(() => server.stats().connections === 0)
    clock.advance(50_000)
    const third = await connectTo(server)
    await expectOk(third, 'GET_PARAMETER', url, { headers: { Session: id } })
    clock.advance(3 * minute)
    expect(server.pool.size).toBe(1)
  })

  it('does not live by the connection of a stranger', {
    tags: ['P-3', 'B-HIJ', 'A-SES-9'],
  }, async () => {
    const { clock, server, url } = await camera()
    const client = await connectTo(server)
    const id = await readySession(client, url, await transportOver('UDP'))
    await inSession(client, 'PLAY', url, id)
    const stranger = await connectTo(server, '127.0.0.2')
    await inSession(stranger, 'OPTIONS', url, id)
    await client.close()
    await until(() => server.stats().connections === 1)
    clock.advance(65_250)
    expect(server.pool.size).toBe(0)
  })

  it('is found unreachable nevertheless: its connection is no report', {
    tags: ['P-3', 'A-RTC-10'],
  }, async () => {
    const { server, url } = await camera()
    const client = await connectTo(server)
    const id = await readySession(client, url, await transportOver('UDP'))
    await inSession(client, 'PLAY', url, id)
    const heardAt = server.pool.get(id)?.lastAccessAt
    expect(server.pool.get(id)?.remaining()).toBe(Number.POSITIVE_INFINITY)
    expect(server.pool.get(id)?.lastAccessAt).toBe(heardAt)
  })
})

describe('a UDP publisher that sends nothing', () => {
  it('leaves after its timeout: its connection does not show that its media get through', {
    tags: ['P-3', 'R-2'],
  }, async () => {
    const { clock, server } = await camera()
    const publisher = await connectTo(server)
    await publish(publisher, urlOf(server, '/live/cam'), [await openUdpPorts()])
    clock.advance(64_999)
    expect(server.pool.size).toBe(1)
    clock.advance(251)
    expect(server.pool.stats()).toMatchObject({ size: 0, removed: { timeout: 1 } })
  })
})

describe('the option udpLiveness', () => {
  it.each([true, 'both', 3])('refuses %j by name and value', { tags: 'P-3' }, (udpLiveness) => {
    expect(() => new RtspServer({ udpLiveness: udpLiveness as never })).toThrow(
      /^udpLiveness must be 'client' or 'connection', got /,
    )
  })

  it.each([true, 'sometimes'])(
    'publisherTakeover refuses %j by name and value',
    { tags: 'A-REC-4' },
    (value) => {
      expect(() => new RtspServer({ publisherTakeover: value as never })).toThrow(
        /^publisherTakeover must be one of 'never', 'idle', 'sameOwner', 'always', got /,
      )
    },
  )
})

describe('an application that prevents and allows the end of a session', () => {
  const orders = [
    ['allow', 'connect', 'close'],
    ['connect', 'allow', 'close'],
    ['connect', 'prevent', 'allow', 'close'],
    ['connect', 'prevent', 'allow', 'allow', 'close'],
    ['connect', 'prevent', 'close', 'allow'],
    ['connect', 'close', 'prevent', 'allow', 'allow'],
    ['connect', 'allow', 'prevent', 'close', 'allow'],
  ] as const

  /** Allows as often as prevented; once more is a mistake that the application hears of at once. */
  function allow(session: Session, prevented: number): number {
    if (prevented > 0) {
      session.allowExpire()
      return prevented - 1
    }
    expect(() => session.allowExpire()).toThrow(RangeError)
    return 0
  }

  it.each(
    orders.flatMap((order) =>
      (['TCP', 'UDP', 'kept TCP'] as const).map((over) => ({ order, over })),
    ),
  )(
    'takes nothing from the connection: $over $order',
    { tags: ['A-SES-7', 'U-4'] },
    async ({ order, over }) => {
      const onConnectionClosed = over === 'kept TCP' ? 'keep' : 'end'
      const { clock, server, url } = await camera({ onConnectionClosed, pool: { maxIdleSetup: 0 } })
      const client = await connectTo(server)
      const id = await readySession(
        client,
        url,
        await transportOver(over === 'UDP' ? 'UDP' : 'TCP'),
      )
      const session = server.pool.get(id)
      if (!session) throw new Error('a session expected')
      let prevented = 0
      for (const step of order) {
        if (step === 'connect') await inSession(client, 'PLAY', url, id)
        else if (step === 'close') {
          await client.close()
          await until(() => server.stats().connections === 0)
        } else if (step === 'prevent') {
          session.preventExpire()
          prevented++
        } else prevented = allow(session, prevented)
        const isOpen = server.stats().connections > 0
        if (session.removalReason !== undefined) continue
        if (isOpen || prevented > 0) expect(session.remaining()).toBe(Number.POSITIVE_INFINITY)
        else expect(session.remaining()).toBe(65_000)
      }
      expect(session.removalReason).toBe(over === 'TCP' ? 'connectionClosed' : undefined)
      expect(server.stats().channels).toBe(0)
      clock.advance(65_251)
      expect(server.pool.size).toBe(0)
    },
  )
})
