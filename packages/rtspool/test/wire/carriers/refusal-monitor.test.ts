import { describe, expect, it } from 'vitest'
import { type Session, SessionPool } from '../../../src/index.js'
import { Media } from '../../../src/media/media.js'
import type { Track } from '../../../src/media/track/track.js'
import { parseTransport } from '../../../src/rtsp/index.js'
import { RefusalMonitor } from '../../../src/server/liveness/refusal-monitor.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { nativeSockets } from '../../../src/transport/system/native-sockets.js'
import { inSession, setUp } from '../../support/dialogue.js'
import { sessionIdOf, type UdpTestPorts } from '../../support/rtsp-client.js'
import { scene } from '../../support/scene.js'
import { connectTo, openUdpPorts, publish, rtpPacket, urlOf } from '../../support/test-server.js'
import { TestSource } from '../../support/test-source.js'
import { nextTurn, until } from '../../support/until.js'

const ssrc = 77

async function camera({ isNative = true } = {}) {
  const { server, clock, client, url, push } = await scene({
    udpLiveness: 'client',
    nativeSockets: isNative,
  })
    .camera()
    .client()
    .start()
  /** Plays over UDP: one pair of ports a track. */
  const watch = async (...tracks: UdpTestPorts[]) => {
    let id = ''
    for (const [index, ports] of tracks.entries()) {
      const transport = `RTP/AVP;unicast;client_port=${ports.clientPort}`
      id = sessionIdOf(await setUp(client, `${url}/trackID=${index}`, transport, id))
    }
    await inSession(client, 'PLAY', url, id)
    return server.pool.get(id) as Session
  }
  let pushed = 0
  /** Lets time pass, with a packet of each track named every 50 ms. */
  const flow = async (ms: number, tracks: readonly number[] = [0]) => {
    for (let at = 0; at < ms; at += 50) {
      pushed++
      for (const index of tracks) {
        const packet = rtpPacket({ sequenceNumber: pushed, ssrc: ssrc + index, marker: true })
        push(packet, index)
      }
      await nextTurn()
      clock.advance(50)
    }
    return pushed
  }
  return { clock, server, client, watch, flow }
}

// Without koffi, or elsewhere than on Linux, nobody tells us what was refused.
describe.skipIf(!nativeSockets())('a UDP viewer that is gone', () => {
  it('is sent nothing after 2 s, and other viewers lose nothing', {
    tags: ['A-RTC-10', 'B-AMP'],
  }, async () => {
    const { server, watch, flow } = await camera()
    const honest = [await openUdpPorts(), await openUdpPorts(), await openUdpPorts()]
    const vanishing = await openUdpPorts()
    const [first, second] = honest.slice(0, 2)
    const sessions = [await watch(first as UdpTestPorts), await watch(second as UdpTestPorts)]
    const gone = await watch(vanishing)
    sessions.push(await watch(honest[2] as UdpTestPorts))
    await flow(500)
    await until(() => vanishing.rtp.length > 0)
    await vanishing.close()
    const pushed = await flow(2_000)
    expect(gone.removalReason).toBe('unreachable')
    expect(sessions.map(({ removalReason }) => removalReason)).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    for (const ports of honest) await until(() => ports.rtp.length === pushed)
    expect(server.stats().sessions).toBe(3)
    const packetsOut = gone.stats.packetsOut
    await flow(500)
    expect(gone.stats.packetsOut).toBe(packetsOut)
  })

  it('stays as long as it is heard', { tags: 'A-RTC-10' }, async () => {
    const { server, watch, flow } = await camera()
    const ports = await openUdpPorts()
    const session = await watch(ports)
    await flow(500)
    ports.rtpSocket.close()
    for (let n = 0; n < 6; n++) {
      await flow(900)
      session.touch()
    }
    expect(session.removalReason).toBeUndefined()
    await flow(2_000)
    expect([session.removalReason, server.stats().sessions]).toEqual(['unreachable', 0])
  })

  it('stays if it accepts one of two tracks, unless the other is silent', {
    tags: 'A-RTC-10',
  }, async () => {
    for (const [flowing, reason] of [
      [[0, 1], undefined],
      [[0], 'unreachable'],
    ] as const) {
      const { watch, flow } = await camera()
      const [video, audio] = [await openUdpPorts(), await openUdpPorts()]
      const session = await watch(video, audio)
      await flow(500, [0, 1])
      video.rtpSocket.close()
      await flow(3_000, flowing)
      expect(session.removalReason).toBe(reason)
    }
  })

  it('stays when it opens its port again within a second', { tags: 'A-RTC-10' }, async () => {
    const { watch, flow } = await camera()
    const ports = await openUdpPorts()
    const session = await watch(ports)
    await flow(500)
    const { port } = ports
    await new Promise<void>((resolve) => ports.rtpSocket.close(() => resolve()))
    await flow(400)
    const { createSocket } = await import('node:dgram')
    const again = createSocket('udp4')
    await new Promise<void>((resolve) => again.bind(port, '127.0.0.1', () => resolve()))
    await flow(5_000)
    expect(session.removalReason).toBeUndefined()
    await new Promise<void>((resolve) => again.close(() => resolve()))
  })

  it.each(['plays', 'has only set up'])(
    'gets no packets of a publisher that has its ports now, when it %s',
    async (what) => {
      const { server, client, watch } = await camera()
      server.mounts.allowPublish('/live')
      const [video, audio] = [await openUdpPorts(), await openUdpPorts()]
      if (what === 'plays') await watch(video)
      else {
        const transport = `RTP/AVP;unicast;client_port=${video.clientPort}`
        await setUp(client, urlOf(server, '/cam/trackID=0'), transport)
      }
      const publisher = await connectTo(server)
      const { session: id, setups } = await publish(publisher, urlOf(server, '/live'), [
        video,
        audio,
      ])
      const [spec] = parseTransport(setups[0]?.headers.get('Transport') ?? '')
      const { stats } = server.pool.get(id) as Session
      for (let sequenceNumber = 1; sequenceNumber <= 3; sequenceNumber++) {
        video.rtpSocket.send(rtpPacket({ sequenceNumber }), spec?.serverPort?.[0] ?? 0, '127.0.0.1')
      }
      await until(() => stats.packetsIn === 3)
    },
  )

  it('ended viewers leave no descriptor behind', { tags: 'B-FD' }, async () => {
    const { watch, flow } = await camera()
    const { readdirSync } = await import('node:fs')
    const before = readdirSync('/proc/self/fd').length
    const ports = await openUdpPorts()
    for (let n = 0; n < 25; n++) {
      const session = await watch(ports)
      if (n % 10 === 0) await flow(50)
      session.end('kicked')
    }
    // Those of the ports.
    expect(readdirSync('/proc/self/fd').length - before).toBeLessThanOrEqual(2)
  })
})

describe('RefusalMonitor', () => {
  it.each([
    ['what was sent', { sequenceNumber: 10, ssrc }, true],
    ['a packet with another SSRC', { sequenceNumber: 10, ssrc: 78 }, false],
    ['a sequence number that lies far back', { sequenceNumber: 20_000, ssrc }, false],
    ['the beginning of a header only', undefined, false],
  ])('treats a refusal that quotes %s as %s', { tags: 'B-AMP' }, async (_, packet, isTaken) => {
    const clock = new ManualClock()
    const media = new Media('/cam', new TestSource(), { clock, lingerMs: 0 })
    const track = media.tracks[0] as Track
    const pool = new SessionPool({ clock })
    const session = pool.create()
    const monitor = new RefusalMonitor(clock)
    const quoted = packet
      ? rtpPacket(packet)
      : rtpPacket({ sequenceNumber: 10, ssrc }).subarray(0, 8)
    clock.advance(1)
    const closed = { count: 0 }
    const endWatch = monitor.watch(
      session,
      track,
      {
        listenForRefusals: (_destination, onRefused) => ({
          look: () => onRefused(quoted),
          close: () => void closed.count++,
        }),
      },
      { address: '192.0.2.7', port: 5000 },
    )
    for (let sequenceNumber = 1; sequenceNumber <= 40; sequenceNumber++) {
      track.push(rtpPacket({ sequenceNumber, ssrc }))
      clock.advance(50)
    }
    expect(session.removalReason).toBe(isTaken ? 'unreachable' : undefined)
    pool.close()
    endWatch()
    await media.end()
    expect([closed.count, clock.pendingTimers]).toEqual([1, 0])
  })
})

describe('a vanished UDP viewer without refusals', () => {
  it('ends with its timeout', { tags: ['A-RTC-10', 'A-RTC-9'] }, async () => {
    const { server, watch, flow } = await camera({ isNative: false })
    const ports = await openUdpPorts()
    const session = await watch(ports)
    await ports.close()
    await flow(64_000)
    expect(session.removalReason).toBeUndefined()
    await flow(1_500)
    expect([session.removalReason, server.stats().udpPeers]).toEqual(['timeout', 0])
  })
})
