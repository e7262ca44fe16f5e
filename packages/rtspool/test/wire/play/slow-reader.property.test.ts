import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import type { RtspServer, RtspServerOptions } from '../../../src/index.js'
import { sequenceNumberOf } from '../../../src/rtp/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { openTunnel, openWebSocket, rtspOver, rtspThrough } from '../../support/http-client.js'
import type { RtspTestClient } from '../../support/rtsp-client.js'
import {
  connectTlsTo,
  connectTo,
  play,
  publish,
  rtpPacket,
  startServer,
  testCertificate,
  testSdp,
  urlOf,
} from '../../support/test-server.js'
import { settle, until } from '../../support/until.js'

const h264Sdp = testSdp.replace('X-foo/90000', 'H264/90000')
const payloadBytes = 60_000
/** More than the kernel keeps for a connection on the loopback. */
const floodPackets = 300
/** Much less than the kernel keeps. */
const burstPackets = 10
/** From one key frame to the next while the viewer catches up: so few that they never congest it again. */
const probePackets = 5

/** As often as a key frame comes: it is the first packet, and no other. */
const never = Number.POSITIVE_INFINITY

const packet = (sequenceNumber: number, isKey: boolean) =>
  rtpPacket({
    sequenceNumber,
    timestamp: sequenceNumber * 3_600,
    marker: true,
    payload: Buffer.alloc(payloadBytes, isKey ? 0x65 : 0x41),
  })

const received = (client: RtspTestClient) =>
  client.frames
    .filter(({ channel }) => channel === 0)
    .map(({ payload }) => sequenceNumberOf(payload))

/** Sends packets and waits until the server has taken them. */
async function send(publisher: RtspTestClient, from: number, count: number, keyEvery: number) {
  for (let n = from; n < from + count; n++) {
    publisher.sendFrame(0, packet(n, n % keyEvery === 0))
    if (n % 10 === 0) await publisher.request('OPTIONS', '*')
  }
  await publisher.request('OPTIONS', '*')
}

/**
 * Sends more than the kernel keeps, at the pace of a viewer that reads: on a busy machine this viewer would fall behind
 * as well.
 */
async function flood(publisher: RtspTestClient, fast: RtspTestClient, keyEvery: number) {
  for (let sent = 0; sent < floodPackets; sent += burstPackets) {
    await send(publisher, sent, burstPackets, keyEvery)
    await until(() => received(fast).length >= sent + burstPackets)
  }
}

/** A viewer, and the tap through which bytes reach it. */
interface Viewer {
  readonly client: RtspTestClient
  readonly tap: { pause(): unknown; resume(): unknown }
}

const overTcp = async (server: RtspServer): Promise<Viewer> => {
  const client = await connectTo(server)
  return { client, tap: client.socket }
}

const ways: readonly (readonly [
  string,
  RtspServerOptions,
  (server: RtspServer) => Promise<Viewer>,
])[] = [
  ['by system calls', { nativeSockets: true }, overTcp],
  ['by Node', { nativeSockets: false }, overTcp],
  [
    'inside TLS',
    {},
    async (server) => {
      const client = await connectTlsTo(server)
      return { client, tap: client.socket }
    },
  ],
  [
    'through HTTP',
    {},
    async (server) => {
      const ends = await openTunnel(server)
      return { client: rtspThrough(ends), tap: ends.get.socket }
    },
  ],
  [
    'over WebSocket',
    {},
    async (server) => {
      const socket = await openWebSocket(server)
      return { client: rtspOver(socket), tap: socket }
    },
  ],
]

async function setUp(
  options: RtspServerOptions,
  connectSlow: (server: RtspServer) => Promise<Viewer>,
) {
  const clock = new ManualClock()
  const tls = { port: 0, ...testCertificate('first') }
  const server = await startServer({ clock, tls, ...options })
  const url = urlOf(server, '/live/cam')
  const publisher = await connectTo(server)
  await publish(publisher, url, ['TCP'], h264Sdp)
  const [{ client: slow, tap }, fast] = [await connectSlow(server), await connectTo(server)]
  await play(slow, url, ['TCP'])
  await play(fast, url, ['TCP'])
  tap.pause()
  return { clock, server, publisher, slow, tap, fast }
}

describe.each(ways)(
  'a viewer that reads too slowly, sent %s',
  { tags: 'B-BACK' },
  (_name, options, connectSlow) => {
    it('loses whole packets up to a key frame, and other viewers lose none', async () => {
      // By bytes alone: how long the kernel takes is not for the clock of the test.
      const { clock, server, publisher, slow, tap, fast } = await setUp(
        { ...options, maxBacklogSeconds: 1e6, slowReaderTimeout: 0 },
        connectSlow,
      )
      await flood(publisher, fast, 50)
      const stats = [...server.pool.values()].map((session) => session.stats.packetsDropped)
      expect(stats.filter((dropped) => dropped > 0).length).toBe(1)

      tap.resume()
      // It catches up, and the next look of the server after that finds it fit again: when, is up to the kernel.
      let sent = floodPackets
      while ((received(slow).at(-1) ?? 0) < floodPackets) {
        clock.advance(500)
        await send(publisher, sent, probePackets, probePackets)
        sent += probePackets
        await settle(40, 'the window of the slow reader opens at the pace of the kernel')
      }
      await until(() => received(slow).at(-1) === sent - 1)
      const numbers = received(slow)
      const gaps = numbers.flatMap((n, index) => (n === (numbers[index - 1] ?? -1) + 1 ? [] : [n]))
      expect(gaps.length).toBe(1)
      // It goes on at a key frame.
      expect(gaps[0]).toBeGreaterThanOrEqual(floodPackets)
      expect((gaps[0] ?? 1) % probePackets).toBe(0)
      await until(() => received(fast).at(-1) === sent - 1)
      expect(received(fast)).toEqual(Array.from({ length: sent }, (_, n) => n))
    })

    it('continues without a key frame after some seconds', { tags: 'M-B' }, async () => {
      const limits = { maxBacklogSeconds: 1e6, slowReaderTimeout: 0 }
      const { clock, publisher, slow, tap, fast } = await setUp(
        { ...options, ...limits },
        connectSlow,
      )
      await flood(publisher, fast, never)
      tap.resume()
      let sent = floodPackets
      const began = clock.now()
      while ((received(slow).at(-1) ?? 0) < floodPackets) {
        clock.advance(500)
        await send(publisher, sent, probePackets, never)
        sent += probePackets
        await settle(40, 'the window of the slow reader opens at the pace of the kernel')
      }
      expect(clock.now() - began).toBeGreaterThanOrEqual(4000)
      await until(() => received(slow).at(-1) === sent - 1)
      const numbers = received(slow)
      expect(numbers.filter((n, index) => n !== (numbers[index - 1] ?? -1) + 1)).toHaveLength(1)
    })

    it('ends with reason slowReader after ten seconds without reading', {
      tags: 'B-HALF',
    }, async () => {
      const { clock, server, publisher, slow, tap, fast } = await setUp(options, connectSlow)
      const removed = once(server.pool, 'sessionRemoved')
      await flood(publisher, fast, 50)
      for (let elapsed = 0; elapsed < 10_000; elapsed += 2_000) {
        expect(server.pool.size).toBe(3)
        clock.advance(2_000)
        await settle(60, 'the kernel acknowledges what the others have read, at its own pace')
      }
      clock.advance(500)
      expect((await removed)[1]).toBe('slowReader')
      expect(server.pool.size).toBe(2)
      tap.resume()
      await slow.closed()
    })
  },
)
