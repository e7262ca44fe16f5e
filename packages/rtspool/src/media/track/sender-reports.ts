import type { Clock } from '../../clock.js'
import {
  createSourceDescription,
  ntpFromUnixMs,
  ntpMiddle32,
  type RtcpPacket,
  redateSenderReport,
  serializeCompound,
} from '../../rtcp/index.js'
import { type Reader, sendRtcpTo } from '../fan-out/reader.js'
import type { TimeMapping, TrackTime } from '../timeline/track-time.js'

/** State of the RTP stream that sender reports describe, read for each report. */
export interface ReportedStream {
  /** SSRC of the stream; `undefined` before its first packet. */
  readonly ssrc: number | undefined
  /** Clock rate of the RTP timestamps, in ticks a second. */
  readonly clockRate: number
  /** Number of packets sent with this SSRC (RFC 3550 section 6.4.1). No report is sent while it is 0. */
  readonly packetCount: number
  /** Number of payload octets in the packets counted by `packetCount`, without headers and padding. */
  readonly octetCount: number
}

/** A compound packet with a sender report and SDES, and the instant that the report states. */
interface DatedReport {
  readonly time: TimeMapping
  readonly packets: readonly RtcpPacket[]
}

/** Sends RTCP sender reports and BYE packets about one RTP stream to its readers. */
export class SenderReports {
  readonly #stream: ReportedStream
  readonly #time: TrackTime
  readonly #clock: Clock
  readonly #cname: string

  constructor(init: {
    readonly stream: ReportedStream
    readonly time: TrackTime
    readonly clock: Clock
    readonly cname: string
  }) {
    this.#stream = init.stream
    this.#time = init.time
    this.#clock = init.clock
    this.#cname = init.cname
  }

  /**
   * Sends a sender report with SDES (RFC 3550 section 6.4.1). Does nothing while the time is unknown or no packet has
   * been sent.
   *
   * @param forEachReader - Calls its argument with each reader to which the report must be sent.
   */
  send(forEachReader: (visit: (reader: Reader) => void) => void): void {
    const report = this.#report()
    if (!report) return
    const compound = serializeCompound(report.packets)
    forEachReader((reader) => this.#sendTo(reader, report, compound))
  }

  /**
   * Sends an empty receiver report with SDES to the readers that `forEachReader` visits. The report shows that a silent
   * stream still exists.
   */
  sendEmpty(forEachReader: (visit: (reader: Reader) => void) => void): void {
    const { ssrc } = this.#stream
    if (ssrc === undefined) return
    const compound = serializeCompound(this.#emptyReport(ssrc))
    forEachReader((reader) => sendRtcpTo(reader, compound))
  }

  /** Sends an RTCP BYE to one reader, because the stream has ended for it (RFC 3550 section 6.6). */
  sendBye(reader: Reader): void {
    const { ssrc } = this.#stream
    if (ssrc === undefined) return
    const bye: RtcpPacket = { type: 'bye', ssrcs: [ssrc] }
    const report = this.#report()
    if (report) {
      this.#sendTo(reader, report, serializeCompound([...report.packets, bye]))
      return
    }
    sendRtcpTo(reader, serializeCompound([...this.#emptyReport(ssrc), bye]))
  }

  #emptyReport(ssrc: number): RtcpPacket[] {
    const empty: RtcpPacket = { type: 'receiverReport', ssrc, reports: [] }
    return [empty, createSourceDescription(ssrc, this.#cname)]
  }

  /**
   * Sends a report to one reader. The instant in a report to a UDP reader is changed so that only this reader knows
   * it; see {@link SentReports}.
   */
  #sendTo(reader: Reader, { time }: DatedReport, compound: Buffer): void {
    const { sentReports } = reader
    const unixMs =
      sentReports?.nextInstantMs(time.unixMs, reader.kind === 'datagram') ?? time.unixMs
    const ntpTime = ntpFromUnixMs(unixMs)
    sentReports?.note(ntpMiddle32(ntpTime), this.#clock.now())
    if (unixMs === time.unixMs) {
      sendRtcpTo(reader, compound)
      return
    }
    const ticks = Math.round(((unixMs - time.unixMs) * this.#stream.clockRate) / 1000)
    sendRtcpTo(reader, redateSenderReport(compound, ntpTime, time.rtpTime + ticks))
  }

  #report(): DatedReport | undefined {
    const { ssrc, packetCount, octetCount } = this.#stream
    if (ssrc === undefined || packetCount === 0) return undefined
    const time = this.#time.announce()
    if (!time) return undefined
    const report: RtcpPacket = {
      type: 'senderReport',
      ssrc,
      ntpTime: ntpFromUnixMs(time.unixMs),
      rtpTime: time.rtpTime,
      packetCount,
      octetCount,
      reports: [],
    }
    return { time, packets: [report, createSourceDescription(ssrc, this.#cname)] }
  }
}
