import { describe, expect, it } from 'vitest'
import { parseCompound } from '../../../src/rtcp/index.js'
import type { RemovalReason, Session, SessionPoolOptions } from '../../../src/session-pool/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { inSession, readySession, setUp, tcp } from '../../support/dialogue.js'
import { sessionIdOf } from '../../support/rtsp-client.js'
import { scene } from '../../support/scene.js'
import {
  connectTo,
  expectOk,
  openUdpPorts,
  publish,
  rtpPacket,
  startServer,
  urlOf,
} from '../../support/test-server.js'
import { pushTo } from '../../support/test-source.js'
import { until } from '../../support/until.js'

const ssrc = 77
const carriers = ['TCP', 'UDP'] as const

/** A viewer that has set one track up. */
async function viewer(over: (typeof carriers)[number], pool: SessionPoolOptions) {
  const clock = new ManualClock()
  // Time runs away here before the client's acknowledgements are there.
  const { server, sources, url } = await scene({
    clock,
    pool,
    udpLiveness: 'client',
  })
    .camera()
    .start()
  const removed: [Session, RemovalReason][] = []
  server.pool.on('sessionRemoved', (session, reason) => removed.push([session, reason]))
  const client = await connectTo(server)
  const ports = await openUdpPorts()
  const transport = over === 'TCP' ? tcp : `RTP/AVP;unicast;client_port=${ports.clientPort}`
  const id = sessionIdOf(await setUp(client, `${url}/trackID=0`, transport))
  const session = server.pool.get(id)
  if (!session) throw new Error('a session expected')
  const startPlaying = async () => {
    await inSession(client, 'PLAY', url, id)
    pushTo(sources, 0, rtpPacket({ sequenceNumber: 1, ssrc, marker: true }))
    if (over === 'TCP') await until(() => client.frames.some(isMedia))
    else await until(() => ports.rtp.length === 1)
  }
  const rtcp = () =>
    over === 'TCP'
      ? client.frames.filter(({ channel }) => channel === 1).map(({ payload }) => payload)
      : ports.rtcp
  const saysBye = () => rtcp().some((compound) => isBye(compound))
  const bye = () => until(saysBye)
  return { clock, server, sources, url, client, session, id, removed, startPlaying, saysBye, bye }
}

const isMedia = ({ channel }: { readonly channel: number }) => channel === 0

const isBye = (compound: Buffer) =>
  parseCompound(compound).some((packet) => packet.type === 'bye' && packet.ssrcs[0] === ssrc)

type Viewer = Awaited<ReturnType<typeof viewer>>

/** What ends a session that plays: when the clock has moved by so much, or by the call. */
const endings: {
  readonly reason: RemovalReason
  readonly pool?: SessionPoolOptions
  readonly afterMs?: number
  readonly call?: (viewer: Viewer) => void
}[] = [
  { reason: 'timeout', afterMs: 65_000 },
  { reason: 'lifetime', pool: { maxLifetime: 20 }, afterMs: 20_000 },
  {
    reason: 'authorizationExpired',
    pool: { onAdmit: () => ({ init: { expiresAt: Date.UTC(2026, 0, 1) / 1000 + 15 } }) },
    afterMs: 15_000,
  },
  { reason: 'kicked', call: ({ session }) => session.end('kicked') },
  { reason: 'removed', call: ({ server, session }) => server.pool.remove(session) },
  { reason: 'filtered', call: ({ server }) => server.pool.filter(() => 'remove') },
  { reason: 'mediaEnded', call: ({ sources }) => sources[0]?.output?.end() },
  { reason: 'poolClosed', call: ({ server }) => server.pool.close() },
]

describe.each(carriers)('a session that plays over %s', (over) => {
  // A connection that is open keeps its sessions from timing out.
  const here = endings.filter(({ reason }) => over === 'UDP' || reason !== 'timeout')
  it.each(here)(
    'gets BYE when it ends: $reason',
    { tags: ['A-RTC-4', 'B-RACE', 'B-DRAIN'] },
    async (ending) => {
      const { reason, pool = {}, afterMs, call } = ending
      const leaving = await viewer(over, pool)
      const { clock, server, client, session, removed } = leaving
      await leaving.startPlaying()
      if (afterMs !== undefined) {
        clock.advance(afterMs - 1)
        expect(removed).toEqual([])
        clock.advance(251)
      }
      call?.(leaving)
      await leaving.bye()
      expect(removed).toEqual([[session, reason]])
      expect(server.stats()).toMatchObject({ sessions: 0, udpPeers: 0, channels: 0 })
      expect((await inSession(client, 'PLAY', leaving.url, leaving.id)).statusCode).toBe(454)
      clock.advance(10_000)
      await client.closed()
      expect(leaving.sources[0]?.output?.tracks[0]?.readerCount ?? 0).toBe(0)
    },
  )
})

describe.each(carriers)('a session that was only set up over %s', (over) => {
  it.each([
    { reason: 'idleSetup', pool: { maxIdleSetup: 10 }, afterMs: 10_000 },
    { reason: 'lifetime', pool: { maxLifetime: 10 }, afterMs: 10_000 },
    { reason: 'evicted', pool: { maxSessions: 1, fullPolicy: 'evictOldestIdle' } as const },
    { reason: 'kicked' },
  ])('gets no BYE; it loses its connection: $reason', { tags: 'B-FULL' }, async (ending) => {
    const { reason, pool = {}, afterMs } = ending
    const { clock, server, url, client, session, removed, saysBye } = await viewer(over, pool)
    if (afterMs !== undefined) {
      clock.advance(afterMs - 1)
      expect(removed).toEqual([])
      clock.advance(251)
    } else if (reason === 'evicted') {
      await readySession(await connectTo(server), url)
    } else session.end('kicked')
    expect(removed).toEqual([[session, reason]])
    clock.advance(2_000)
    await client.closed()
    expect(saysBye()).toBe(false)
    expect(server.pool.get(session.id)).toBeUndefined()
  })
})

describe('one of two sessions of a connection that leaves', () => {
  it('sends BYE, and the other one continues to play', { tags: 'A-RTC-4' }, async () => {
    const { server, sources, url, client, session, startPlaying, bye } = await viewer('TCP', {})
    await startPlaying()
    const other = sessionIdOf(await setUp(client, `${url}/trackID=0`, `${tcp};interleaved=4-5`))
    await inSession(client, 'PLAY', url, other)
    session.end('kicked')
    await bye()
    pushTo(sources, 0, rtpPacket({ sequenceNumber: 2, ssrc, marker: true }))
    await until(() => client.frames.some(({ channel }) => channel === 4))
    expect(client.frames.filter(isMedia).length).toBe(1)
    expect(server.pool.size).toBe(1)
  })
})

describe('a publisher that leaves', () => {
  it.each([
    { reason: 'kicked', afterMs: 0 },
    { reason: 'lifetime', afterMs: 9_000 },
  ])(
    'loses its connection, and its viewers leave: $reason',
    { tags: 'B-RACE' },
    async ({ reason, afterMs }) => {
      const clock = new ManualClock()
      const pool = { maxLifetime: 9, onAdmit: lifetimeForPublishers }
      const server = await startServer({
        clock,
        pool,
        slowReaderTimeout: 0,
        maxBacklogSeconds: 1e6,
      })
      const url = urlOf(server, '/live/door')
      const reasons: RemovalReason[] = []
      server.pool.on('sessionRemoved', (_session, why) => reasons.push(why))
      const [publisher, client] = [await connectTo(server), await connectTo(server)]
      const { session } = await publish(publisher, url)
      publisher.sendFrame(0, rtpPacket({ sequenceNumber: 1, ssrc, marker: true }))
      await expectOk(publisher, 'OPTIONS', '*')
      await inSession(client, 'PLAY', url, await readySession(client, url))
      if (reason === 'kicked') server.pool.get(session)?.end('kicked')
      else clock.advance(afterMs + 250)
      await publisher.closed()
      clock.advance(10_000)
      await client.closed()
      expect(reasons).toEqual([reason, 'mediaEnded'])
      expect(server.mounts.get('/live/door')).toBeUndefined()
    },
  )
})

/** Viewers may stay. */
function lifetimeForPublishers({ request }: { readonly request?: unknown }) {
  const { headers } = request as { headers: { get(name: string): string | undefined } }
  const records = headers.get('Transport')?.includes('mode=record') ?? false
  return { init: { maxLifetime: records ? 9 : 0 } }
}
