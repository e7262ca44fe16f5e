import type { NtpTimestamp } from '../../rtcp/index.js'

/** Where what arrives goes. */
export interface PacketSink {
  /** Ticks a second of the RTP timestamps. */
  readonly clockRate: number
  /** What arrived and went nowhere. */
  readonly invalidPackets: number
  /** @returns `false` for what is no valid RTP packet. */
  receive(packet: Buffer): boolean
  /** A sender report says that `rtpTime` was captured at `ntpTime` of the sender's clock; it came at `clockMs`. */
  noteSenderReport(ntpTime: NtpTimestamp, rtpTime: number, clockMs: number): void
}
