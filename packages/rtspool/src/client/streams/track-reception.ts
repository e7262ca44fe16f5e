import { randomInt } from 'node:crypto'
import {
  type Bye,
  ntpMiddle32,
  parseCompound,
  receiverReport,
  type SenderReport,
  serializeCompound,
  unixMsFromNtp,
} from '../../rtcp/index.js'
import { isValidRtp, ReceptionStatistics, ssrcOf, timestampDistance } from '../../rtp/index.js'
import type { RtpTarget, RtspClientTrackStats } from '../rtsp-client.js'

/**
 * Returns whether a packet is RTCP, by its second byte: packet types 192 to 223 (RFC 5761 section
 * 4).
 */
const isRtcp = (packet: Buffer): boolean => {
  const type = packet[1] ?? 0
  return type >= 192 && type <= 223
}

/** Statistics and receiver reports of one received track. */
export class TrackReception {
  readonly #clockRate: number
  /** SSRC of this client in its receiver reports. */
  readonly #ssrc = randomInt(2 ** 32)
  #statistics: ReceptionStatistics | undefined
  #packets = 0
  #bytes = 0
  /** Number of packets lost with earlier SSRCs of the track; the present SSRC has statistics of its own. */
  #lostBefore = 0
  #invalidPackets = 0
  #malformedRtcp = 0
  #lastPacketAt: number | undefined
  /** True if the source has sent an RTCP BYE, and no packet after it. */
  isEnded = false
  /**
   * Pair of the server's wall clock and an RTP timestamp, from the last sender report; `undefined` before the first.
   */
  #time: { readonly unixMs: number; readonly rtpTime: number } | undefined

  constructor(clockRate: number) {
    this.#clockRate = clockRate
  }

  /** SSRC of the last RTP packet received; `undefined` before the first. */
  get ssrc(): number | undefined {
    return this.#statistics?.ssrc
  }

  get stats(): Omit<RtspClientTrackStats, 'rejectedPackets'> {
    const jitter = this.#statistics?.interarrivalJitter ?? 0
    return {
      packets: this.#packets,
      bytes: this.#bytes,
      lostPackets: this.#lostBefore + (this.#statistics?.packetsLost ?? 0),
      invalidPackets: this.#invalidPackets,
      malformedRtcp: this.#malformedRtcp,
      jitterMs: (jitter * 1000) / this.#clockRate,
      lastPacketAt: this.#lastPacketAt,
    }
  }

  unixTimeMsAt(rtpTime: number): number | undefined {
    if (!this.#time) return undefined
    const ticks = timestampDistance(this.#time.rtpTime, rtpTime)
    return this.#time.unixMs + (ticks * 1000) / this.#clockRate
  }

  /** Counts a packet. @returns `rtp`; `rtcp` for RTCP on the channel of RTP; `invalid` for anything else */
  note(packet: Buffer, now: number): 'rtp' | 'rtcp' | 'invalid' {
    if (!isValidRtp(packet)) {
      if (packet.length > 1 && isRtcp(packet)) return 'rtcp'
      this.#invalidPackets++
      return 'invalid'
    }
    const ssrc = ssrcOf(packet)
    if (this.#statistics?.ssrc !== ssrc) {
      this.#lostBefore += this.#statistics?.packetsLost ?? 0
      // The timestamps of another source count from elsewhere.
      if (this.#statistics) this.#time = undefined
      // No probation: the connection identifies the source.
      const clockRate = this.#clockRate
      this.#statistics = new ReceptionStatistics({ ssrc, clockRate, probation: 0 })
    }
    this.#statistics.update(packet, now)
    this.#packets++
    this.#bytes += packet.length
    this.#lastPacketAt = now
    this.isEnded = false
    return 'rtp'
  }

  /**
   * Handles RTCP from the server. Passes the times in the server's sender reports to `target`. `now` = arrival in
   * milliseconds of the client's clock.
   */
  receiveRtcp(compound: Buffer, now: number, target: RtpTarget | undefined): void {
    const packets = parseCompound(compound)
    if (packets.length === 0) this.#malformedRtcp++
    for (const packet of packets) {
      if (packet.type === 'senderReport') this.#noteSenderReport(packet, now, target)
      else if (packet.type === 'bye') this.#noteBye(packet)
    }
  }

  /** Returns a compound RTCP packet with a receiver report, to be sent now (RFC 3550 section 6.4.2). */
  report(now: number): Buffer {
    return serializeCompound(receiverReport(this.#ssrc, this.#statistics?.report(now)))
  }

  #noteBye({ ssrcs }: Bye): void {
    const { ssrc } = this
    if (ssrc === undefined || ssrcs.length === 0 || ssrcs.includes(ssrc)) this.isEnded = true
  }

  #noteSenderReport(
    { ssrc, ntpTime, rtpTime }: SenderReport,
    now: number,
    target: RtpTarget | undefined,
  ): void {
    if (this.#statistics && this.#statistics.ssrc !== ssrc) return
    this.#statistics?.noteSenderReport(ntpMiddle32(ntpTime), now)
    // A source without a wall clock sends 0 (RFC 3550 section 6.4.1).
    if (ntpTime.seconds === 0 && ntpTime.fraction === 0) return
    this.#time = { unixMs: unixMsFromNtp(ntpTime), rtpTime }
    if (target?.mapReportedTime) target.mapReportedTime(this.#time.unixMs, rtpTime, now)
    else target?.mapTime?.(this.#time.unixMs, rtpTime, now)
  }
}
