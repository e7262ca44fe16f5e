import type { NtpTimestamp } from '../../rtcp/index.js'

/** Receiver of the packets of one incoming stream. */
export interface PacketSink {
  /** Ticks a second of the RTP timestamps. */
  readonly clockRate: number
  /** Packets that were received and dropped as invalid. */
  readonly invalidPackets: number
  /** @returns `false` for a packet that is not valid RTP. */
  receive(packet: Buffer): boolean
  /**
   * Accepts a sender report: `rtpTime` was captured at `ntpTime` of the sender's clock. The report
   * arrived at `clockMs`.
   */
  noteSenderReport(ntpTime: NtpTimestamp, rtpTime: number, clockMs: number): void
}
