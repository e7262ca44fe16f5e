import type { NtpTimestamp } from '../rtcp/index.js'

/** Receiver of the packets of one incoming stream. */
export interface PacketSink {
  /** Clock rate of the RTP timestamps, in ticks a second. */
  readonly clockRate: number
  /** Number of received packets that were dropped as invalid, for example because they were no RTP. */
  readonly invalidPackets: number
  /** Receives an RTP packet, and owns its buffer from now on. @returns `false` if it is not valid RTP. */
  receive(packet: Buffer): boolean
  /**
   * Receives the time in a sender report: the sample with `rtpTime` was captured at `ntpTime` of
   * the sender's clock.
   *
   * @param clockMs - Arrival of the report, in milliseconds of the monotonic clock.
   */
  noteSenderReport(ntpTime: NtpTimestamp, rtpTime: number, clockMs: number): void
}
