/**
 * Bits that classify a packet for readers that join the stream, or continue after a gap. An *entry point* is a packet
 * with which a decoder can begin. Its *leads* are the packets directly in front that the decoder needs first, such as
 * SPS and PPS.
 */
export const packetRoles = Object.freeze({
  /** First packet of its access unit. */
  frameStart: 1,
  /**
   * A possible lead. All packets since the last one with `firstLead` are leads of the entry point, if that follows
   * directly.
   */
  lead: 2,
  firstLead: 4,
  /** An entry point. A decoder needs its leads first. */
  entry: 8,
  /**
   * An entry point of intra refresh: pictures become correct gradually, and are complete at the next such entry
   * point.
   */
  gradual: 16,
} as const)
