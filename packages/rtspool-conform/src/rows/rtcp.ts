import { check } from '../mismatch.js'
import type { Frame, Peer } from '../peer.js'
import type { Row } from '../row.js'
import {
  interleaved,
  type RtcpPacket,
  readRtcp,
  readRtp,
  receiverReport,
  rtcpTypes,
} from '../rtp.js'
import type { SetUpTrack } from '../trial.js'

/**
 * Seconds within which the first sender report must arrive. RFC 3550 allows 5 s; the rest is for a
 * slow start.
 */
const firstReportSeconds = 7.5
/**
 * Maximum size in bytes of a UDP payload that Ethernet carries unfragmented, which leaves room for
 * the headers of IPv4 and UDP.
 */
const maxUdpPayload = 1500 - 20 - 8

const reportOf = (packets: readonly RtcpPacket[] | undefined): RtcpPacket | undefined =>
  packets?.find(({ type }) => type === rtcpTypes.senderReport)

const onRtcp =
  ({ channels }: SetUpTrack) =>
  ({ channel }: Frame): boolean =>
    channel === channels?.[1]

const onRtp =
  (each: SetUpTrack | undefined) =>
  ({ channel }: Frame): boolean =>
    channel === each?.channels?.[0]

/**
 * Waits for the first RTP packet of a track.
 *
 * @returns SSRC of the packet; `undefined` if the packet is no valid RTP.
 */
async function ssrcOf(peer: Peer, each: SetUpTrack | undefined): Promise<number | undefined> {
  return readRtp((await peer.frame('RTP', onRtp(each))).payload)?.ssrc
}

/** Conformance tests for RTP and RTCP of a playing stream. */
export const rtcpRows: readonly Row[] = [
  {
    id: 'A-RTC-1',
    level: 'must',
    reference: 'RFC 3550 6.2, 6.4.1',
    requirement: 'every track has sender reports, the first within seconds',
    expected: `a sender report of each track within ${firstReportSeconds} s`,
    seconds: firstReportSeconds + 3,
    run: async (trial) => {
      const { peer, tracks } = await trial.play()
      for (const each of tracks) {
        const isReport = (frame: Frame): boolean =>
          onRtcp(each)(frame) && reportOf(readRtcp(frame.payload)) !== undefined
        const limitMs = 1000 * firstReportSeconds
        await peer.frame(`a sender report of ${each.track.kind}`, isReport, limitMs)
      }
      return undefined
    },
  },
  {
    id: 'A-RTC-3',
    level: 'must',
    reference: 'RFC 3550 6.1',
    requirement: 'RTCP comes in compounds that begin with a report and have a CNAME',
    expected: 'SR or RR first, SDES with CNAME',
    seconds: firstReportSeconds + 3,
    run: async (trial) => {
      const { peer, tracks } = await trial.play()
      const [first] = tracks
      check(first !== undefined, 'a track', 'none')
      const { payload } = await peer.frame('RTCP', onRtcp(first), 1000 * firstReportSeconds)
      const packets = readRtcp(payload)
      check(packets !== undefined, 'a compound whose lengths add up', payload.toString('hex'))
      const types = packets.map(({ type }) => type).join(' ')
      const isReport = /^20[01]\b/.test(types)
      check(isReport, 'SR or RR first', types)
      const sdes = packets.find(({ type }) => type === rtcpTypes.description)
      // The item type CNAME is 1; it follows the SSRC of the chunk.
      check(sdes?.body[4] === 1, 'SDES with CNAME', sdes ? 'another item' : 'no SDES')
      return undefined
    },
  },
  {
    id: 'A-RTC-2',
    level: 'should',
    reference: 'RFC 3550 6.4.1',
    requirement: 'a sender report belongs to the stream: its SSRC, and a time near its packets',
    expected: 'the SSRC of the RTP, an RTP time within 10 s of it',
    seconds: firstReportSeconds + 3,
    run: async (trial) => {
      const { peer, tracks } = await trial.play()
      const [each] = tracks
      check(each !== undefined, 'a track', 'none')
      const isReport = (frame: Frame): boolean =>
        onRtcp(each)(frame) && reportOf(readRtcp(frame.payload)) !== undefined
      const frame = await peer.frame('a sender report', isReport, 1000 * firstReportSeconds)
      const report = reportOf(readRtcp(frame.payload))
      const isMedia = ({ channel }: Frame): boolean => channel === each.channels?.[0]
      await peer.frame('RTP', isMedia)
      const media = peer.frames.filter(isMedia).map(({ payload }) => readRtp(payload))
      const last = media.at(-1)
      check(report?.ssrc === last?.ssrc, `SSRC ${last?.ssrc}`, `SSRC ${report?.ssrc}`)
      const rtpTime = report && report.body.length >= 16 ? report.body.readUInt32BE(12) : 0
      const distance = Math.abs(((last?.timestamp ?? 0) - rtpTime) | 0)
      const clockRate = each.track.clockRate ?? 90_000
      const seconds = (distance / clockRate).toFixed(1)
      check(distance < 10 * clockRate, 'an RTP time within 10 s', `${seconds} s away`)
      return undefined
    },
  },
  {
    id: 'A-RTC-4',
    level: 'should',
    reference: 'RFC 3550 6.6',
    requirement: 'a stream that ends says BYE with its SSRC',
    expected: 'BYE of the SSRC of the RTP around the answer to TEARDOWN',
    run: async (trial) => {
      const { peer, tracks, ask } = await trial.play()
      const ssrc = await ssrcOf(peer, tracks[0])
      await ask(200, 'TEARDOWN')
      const isBye = ({ payload }: Frame): boolean =>
        readRtcp(payload)?.some(({ type, ssrc: own }) => type === rtcpTypes.bye && own === ssrc) ??
        false
      await peer.frame('RTCP BYE', isBye, 1000)
      return undefined
    },
  },
  {
    id: 'A-RTC-6',
    level: 'must',
    reference: 'RFC 3550 A.2',
    requirement: 'RTCP that does not add up is dropped, and does no harm',
    expected: '200 to OPTIONS, and RTP goes on',
    run: async (trial) => {
      const { peer, tracks, ask } = await trial.play()
      const channel = tracks[0]?.channels?.[1] ?? 1
      const good = receiverReport(0x1357_9bdf)
      for (let at = 0; at < good.length; at += 1) {
        const bad = Buffer.from(good)
        bad[at] = (bad[at] ?? 0) ^ 0xff
        peer.write(interleaved(channel, bad))
        peer.write(interleaved(channel, good.subarray(0, at)))
      }
      await ask(200, 'OPTIONS')
      await peer.nextFrame('RTP afterwards', 2000)
      return undefined
    },
  },
  {
    id: 'A-RTC-8',
    level: 'should',
    reference: 'RFC 3550 8.2',
    requirement: 'a receiver that reports with the SSRC of the stream does no harm',
    expected: '200 to OPTIONS, and RTP goes on',
    run: async (trial) => {
      const { peer, tracks, ask } = await trial.play()
      const ssrc = (await ssrcOf(peer, tracks[0])) ?? 0
      peer.write(interleaved(tracks[0]?.channels?.[1] ?? 1, receiverReport(ssrc)))
      await ask(200, 'OPTIONS')
      await peer.nextFrame('RTP afterwards', 2000)
      return undefined
    },
  },
  {
    id: 'A-RTP-2',
    level: 'must',
    reference: 'RFC 3550 5.1, RFC 3551 6',
    requirement: 'packets have a payload type that the description names',
    expected: 'a payload type of the m= line',
    run: async (trial) => {
      const { peer, tracks } = await trial.play()
      for (const each of tracks) {
        const { track } = each
        const header = readRtp((await peer.frame(`RTP of ${track.kind}`, onRtp(each))).payload)
        check(header !== undefined, 'RTP of version 2', 'something else')
        const isNamed = track.payloadTypes.includes(header.payloadType)
        check(isNamed, `one of ${track.payloadTypes.join(', ')}`, `${header.payloadType}`)
        check((track.clockRate ?? 0) > 0, `a clock rate of ${track.kind}`, 'none')
      }
      return undefined
    },
  },
  {
    id: 'A-RTP-3',
    level: 'should',
    reference: 'RFC 3550 11; Ethernet',
    requirement: 'datagrams fit into a frame of Ethernet',
    expected: `up to ${maxUdpPayload} bytes`,
    needs: ['udp'],
    run: async (trial) => {
      const { pair } = await trial.playOverUdp()
      await trial.waiting.until(
        () => pair.rtp[0],
        'RTP',
        () => 'nothing',
      )
      await trial.waiting.pass(1500)
      const longest = Math.max(...pair.rtp.map(({ payload }) => payload.length))
      check(longest <= maxUdpPayload, `up to ${maxUdpPayload} bytes`, `${longest} bytes`)
      return undefined
    },
  },
]
