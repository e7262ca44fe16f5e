import { randomInt } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  MediaFactory,
  RtspServer,
  type RtspServerOptions,
  streamStatsOf,
} from '../../../src/index.js'
import { rtpHeaderBytes, sequenceNumberOf, ssrcOf, timestampOf } from '../../../src/rtp/index.js'
import { createMediaDescription } from '../../../src/sdp/index.js'
import { srtpSuites } from '../../../src/srtp/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import type { RtspTestClient } from '../../support/rtsp-client.js'
import {
  connectTo,
  play,
  publish,
  rtpPacket,
  startServer,
  urlOf,
} from '../../support/test-server.js'
import { TimedTrack } from '../../support/timed-publisher.js'
import { until } from '../../support/until.js'

const rtpOf = (client: RtspTestClient): Buffer[] =>
  client.frames.filter(({ channel }) => channel === 0).map(({ payload }) => payload)

/** Two sources one after the other, with a loss in each. */
const sent = [
  { ssrc: 7, sequenceNumber: 65_534, timestamp: 1_000 },
  { ssrc: 7, sequenceNumber: 65_535, timestamp: 1_000 },
  { ssrc: 7, sequenceNumber: 1, timestamp: 4_600 },
  { ssrc: 9, sequenceNumber: 30_000, timestamp: 3_000_000_000 },
  { ssrc: 9, sequenceNumber: 30_002, timestamp: 3_000_003_600 },
]

async function relayed(
  options: RtspServerOptions,
  allow?: Parameters<RtspServer['mounts']['allowPublish']>,
) {
  const server = await startServer(options)
  if (allow) server.mounts.allowPublish(...allow)
  const [publisher, viewer] = [await connectTo(server), await connectTo(server)]
  const url = urlOf(server, '/live/cam')
  await publish(publisher, url, ['TCP'])
  await play(viewer, url, ['TCP'])
  for (const packet of sent) {
    publisher.sendFrame(0, rtpPacket({ ...packet, marker: true, payload: Buffer.alloc(20, 1) }))
  }
  await until(() => rtpOf(viewer).length === sent.length)
  const stats = [...server.pool.values()].flatMap((session) => streamStatsOf(session))
  const ssrcs = Object.fromEntries(stats.map(({ mode, ssrc }) => [mode, ssrc]))
  return { packets: rtpOf(viewer), ssrcs }
}

const oneLine = [65_534, 65_535, 1, 2, 4]

describe('the policy of a publication', { tags: 'P-5' }, () => {
  it('passes everything on by default', async () => {
    const { packets, ssrcs } = await relayed({})
    expect(packets.map(sequenceNumberOf)).toEqual(sent.map(({ sequenceNumber }) => sequenceNumber))
    expect(packets.map(timestampOf)).toEqual(sent.map(({ timestamp }) => timestamp))
    expect(packets.map(ssrcOf)).toEqual(sent.map(({ ssrc }) => ssrc))
    expect(ssrcs).toEqual({ record: 9, play: 9 })
  })

  it.each([
    ['of the server', { timeline: 'continuous' }, undefined],
    ['of its pattern', {}, ['/live/cam', { timeline: 'continuous' }]],
    ['of a pattern for many paths', {}, ['/live/*', { timeline: 'continuous' }]],
  ] as const)('makes one line of its packets by the option %s', async (_name, options, allow) => {
    const { packets, ssrcs } = await relayed(options, allow as never)
    expect(packets.map(sequenceNumberOf)).toEqual(oneLine)
    expect(new Set(packets.map(ssrcOf))).toEqual(new Set([7]))
    const stamps = packets.map(timestampOf)
    expect(stamps.slice(0, 3)).toEqual([1_000, 1_000, 4_600])
    expect((stamps[4] ?? 0) - (stamps[3] ?? 0)).toBe(3_600)
    expect(stamps[3]).toBeGreaterThan(4_600)
    expect(stamps[3]).toBeLessThan(4_600 + 90_000)
    for (const packet of packets) {
      expect(packet.subarray(rtpHeaderBytes)).toEqual(Buffer.alloc(20, 1))
      expect(packet[1]).toBe(0x80 | 96)
    }
    expect(ssrcs).toEqual({ record: 9, play: 7 })
  })

  it('a pattern may pass through although the server would not', async () => {
    const { packets } = await relayed({ timeline: 'continuous' }, [
      '/live/cam',
      { timeline: 'passThrough' },
    ])
    expect(packets.map(sequenceNumberOf)).toEqual(sent.map(({ sequenceNumber }) => sequenceNumber))
  })

  it('is refused by name and value if invalid', async () => {
    const message = "timeline must be 'passThrough' or 'continuous', got "
    const wrong = 'rewrite' as never
    expect(() => new RtspServer({ timeline: wrong })).toThrow(`${message}'rewrite'`)
    expect(() => new MediaFactory(() => Promise.reject(), { timeline: wrong })).toThrow(message)
    const server = await startServer()
    expect(() => server.mounts.allowPublish('/x', { timeline: 1 as never })).toThrow(`${message}1`)
    expect(() => server.mounts.allowPublish('/x', { timelime: 'continuous' } as never)).toThrow(
      "did you mean 'timeline'?",
    )
    expect(server.mounts.isPublishAllowed('/x')).toBe(false)
  })
})

describe('the stream after the line', { tags: 'P-5' }, () => {
  const clock = new ManualClock()
  const h264 = createMediaDescription({
    kind: 'video',
    payloadType: 96,
    encoding: 'H264',
    clockRate: 90_000,
  })
  const gopCache = { maxBytes: 1e6, maxSeconds: 10 }

  it('new viewers begin with the last key frame as the line has it', () => {
    const timed = new TimedTrack(clock, { timeline: 'continuous', description: h264, gopCache })
    const send = (ssrc: number, base: number, sequence: number) => {
      for (let n = 0; n < 10; n++, clock.advance(40)) {
        const payload = Buffer.from([n === 0 ? 0x65 : 0x41, 0x88, 1])
        timed.send(base + n * 3600, { ssrc, sequenceNumber: sequence + n, payload })
      }
    }
    send(7, 5_000, 100)
    send(9, 4_000_000_000, 7)
    const recent = timed.track.recentPackets()
    expect(recent.map(sequenceNumberOf)).toEqual(recent.map((_, index) => 110 + index))
    expect(recent.length).toBe(10)
    expect(new Set(recent.map(ssrcOf))).toEqual(new Set([7]))
  })

  it('the rollover counter of SRTP continues across sources, and no index is used twice', () => {
    const timed = new TimedTrack(clock, { timeline: 'continuous' })
    const sender = timed.track.srtp(srtpSuites.AES_CM_128_HMAC_SHA1_80)
    let count = randomInt(65_536)
    timed.send(0, { ssrc: 7, sequenceNumber: count })
    for (const ssrc of [7, 9, 7, 11, 9]) {
      const first = ssrc === 7 ? count + 1 : randomInt(65_536)
      for (let n = 0; n < 20_000; n++, count++) {
        if (n % 100 === 0) clock.advance(10)
        timed.send(ssrc * 900_000_000 + n * 9, { ssrc, sequenceNumber: (first + n) & 0xffff })
      }
    }
    expect(sender.position).toEqual({ ssrc: 7, index: expect.any(Number) })
    expect(sender.rolloverCounter).toBe(Math.floor(count / 65_536))
  })
})
