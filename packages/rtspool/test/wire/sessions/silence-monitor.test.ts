import { describe, expect, it } from 'vitest'
import { type RtspServerOptions, type Session, SessionPool } from '../../../src/index.js'
import { parseTransport } from '../../../src/rtsp/index.js'
import { SilenceMonitor } from '../../../src/server/liveness/silence-monitor.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { inSession } from '../../support/dialogue.js'
import { LoopClock } from '../../support/loop-clock.js'
import type { UdpTestPorts } from '../../support/rtsp-client.js'
import { fakeTime } from '../../support/scene.js'
import {
  connectTo,
  openUdpPorts,
  play,
  publish,
  rtpPacket,
  startServer,
  urlOf,
} from '../../support/test-server.js'
import { until } from '../../support/until.js'

async function published(over: 'TCP' | 'UDP', options: RtspServerOptions = {}) {
  const clock = new ManualClock()
  const server = await startServer({ ...fakeTime(clock), ...options })
  const url = urlOf(server, '/live/cam')
  const client = await connectTo(server)
  const carrier = over === 'TCP' ? 'TCP' : await openUdpPorts()
  const { session: id, setups } = await publish(client, url, [carrier])
  const session = server.pool.get(id) as Session
  const [spec] = parseTransport(setups[0]?.headers.get('Transport') ?? '')
  let sequenceNumber = 0
  /** Sends a packet, and waits until it has arrived. */
  const send = async (kind: 'RTP' | 'RTCP') => {
    clock.advance(1)
    const accessedAt = session.lastAccessAt
    const packet = kind === 'RTP' ? rtpPacket({ sequenceNumber: ++sequenceNumber }) : emptyReport
    const track = kind === 'RTP' ? 0 : 1
    if (over === 'TCP') client.sendFrame(track, packet)
    else {
      const { rtpSocket, rtcpSocket } = carrier as UdpTestPorts
      const socket = kind === 'RTP' ? rtpSocket : rtcpSocket
      socket.send(packet, spec?.serverPort?.[track] ?? 0, '127.0.0.1')
    }
    await until(() => session.lastAccessAt !== accessedAt)
  }
  const disconnect = async () => {
    const { connections } = server.stats()
    await client.close()
    await until(() => server.stats().connections < connections)
  }
  return { clock, server, url, session, send, disconnect }
}

/** A receiver report without reports. */
const emptyReport = Buffer.from('80c9000100000001', 'hex')

describe('a publisher over UDP', () => {
  it('ends after 10 s of silence, with its viewers, and may return at once', {
    tags: 'B-PUBDIE',
  }, async () => {
    const { clock, server, url, session, send, disconnect } = await published('UDP')
    const viewer = await connectTo(server)
    const { session: watching } = await play(viewer, url, ['TCP'])
    const watched = server.pool.get(watching) as Session
    await send('RTP')
    await disconnect()
    clock.advance(9_900)
    expect(session.removalReason).toBeUndefined()
    clock.advance(600)
    expect(session.removalReason).toBe('silent')
    const { session: back } = await publish(await connectTo(server), url, ['TCP'])
    await until(() => watched.removalReason !== undefined)
    expect(watched.removalReason).toBe('mediaEnded')
    expect([...server.pool.values()].map(({ id }) => id)).toEqual([back])
    expect(server.stats().udpPeers).toBe(0)
  })

  it('stays as long as RTP or RTCP arrives, even without its connection', {
    tags: 'B-PUBDIE',
  }, async () => {
    const { clock, session, send, disconnect } = await published('UDP')
    await disconnect()
    for (let n = 0; n < 3; n++) {
      clock.advance(9_000)
      await send('RTP')
      clock.advance(9_000)
      await send('RTCP')
    }
    expect(session.removalReason).toBeUndefined()
  })

  it('may be silent while it pauses, and has 10 s again afterwards', {
    tags: 'B-PUBDIE',
  }, async () => {
    const { clock, server, url, session, disconnect } = await published('UDP')
    const second = await connectTo(server)
    await inSession(second, 'PAUSE', url, session.id)
    await second.close()
    await disconnect()
    clock.advance(50_000)
    const third = await connectTo(server)
    await inSession(third, 'RECORD', url, session.id)
    await third.close()
    await until(() => server.stats().connections === 0)
    clock.advance(9_900)
    expect(session.removalReason).toBeUndefined()
    clock.advance(600)
    expect(session.removalReason).toBe('silent')
  })

  it.each([
    [3, 3_500, 'silent'],
    [0, 65_500, 'timeout'],
  ])(
    'with publisherTimeout: %d it leaves after %d ms: %s',
    { tags: 'B-PUBDIE' },
    async (...values) => {
      const [publisherTimeout, afterMs, reason] = values
      const { clock, session, disconnect } = await published('UDP', { publisherTimeout })
      await disconnect()
      clock.advance(afterMs - 700)
      expect(session.removalReason).toBeUndefined()
      clock.advance(700)
      expect(session.removalReason).toBe(reason)
    },
  )
})

it.each(['UDP', 'TCP'] as const)(
  'a publisher over %s that stays connected may send something now and then',
  { tags: ['A-SES-7', 'B-PUBDIE'] },
  async (over) => {
    const { clock, session, send } = await published(over)
    for (let n = 0; n < 3; n++) {
      clock.advance(60_000)
      await send(n % 2 === 0 ? 'RTP' : 'RTCP')
    }
    expect(session.removalReason).toBeUndefined()
    clock.advance(65_500)
    // Over UDP nothing shows that its media can still get through.
    expect(session.removalReason).toBe(over === 'UDP' ? 'timeout' : undefined)
  },
)

it('SilenceMonitor watches until the last stream of the session has gone', () => {
  const clock = new ManualClock()
  const pool = new SessionPool({ clock })
  const session = pool.create()
  session.state = 'Recording'
  const monitor = new SilenceMonitor(clock, 10_000, () => false)
  const [endFirst, endSecond] = [monitor.watch(session), monitor.watch(session)]
  endFirst()
  endFirst()
  clock.advance(10_500)
  expect(session.removalReason).toBe('silent')
  endSecond()
  pool.close()
  expect(clock.pendingTimers).toBe(0)
})

it('a publisher whose packets wait in the socket during a stall is not silent', {
  tags: 'B-CLOCK',
}, () => {
  const clock = new LoopClock()
  const pool = new SessionPool({ clock })
  const [heard, silent] = [pool.create(), pool.create()]
  const monitor = new SilenceMonitor(clock, 10_000, () => false)
  for (const session of [heard, silent]) {
    session.state = 'Recording'
    monitor.watch(session)
  }
  clock.readSockets = () => heard.touch()
  clock.stall(20_000)
  clock.advance(0)
  expect([heard.removalReason, silent.removalReason]).toEqual([undefined, 'silent'])
  clock.readSockets = () => {}
  clock.advance(10_500)
  expect(heard.removalReason).toBe('silent')
  pool.close()
})
