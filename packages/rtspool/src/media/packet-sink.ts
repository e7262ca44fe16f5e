/** Where what arrives goes. */
export interface PacketSink {
  /** Synchronisation source of what came last, once it is known. */
  readonly ssrc: number | undefined
  /** Ticks a second of the RTP timestamps. */
  readonly clockRate: number
  /** What was pushed and went nowhere. */
  readonly invalidPackets: number
  /** @returns `false` for what is no valid RTP packet. */
  push(packet: Buffer): boolean
  /** The sender says that `rtpTime` was captured at `unixMs` of its wall clock, which is `clockMs` of ours. */
  mapTime(unixMs: number, rtpTime: number, clockMs: number): void
}
