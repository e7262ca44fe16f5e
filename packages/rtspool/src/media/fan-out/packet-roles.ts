/**
 * Bits that classify a packet for readers that join the stream, or continue after a gap. An *entry point* is a packet
 * with which a decoder can begin. Its *leads* are the packets directly in front that the decoder needs first, such as
 * SPS and PPS.
 */
export const packetRoles = Object.freeze({
  /** Bit of the first packet of an access unit. */
  frameStart: 1,
  /**
   * Bit of a packet that the next entry point may need, such as an SPS. All packets since the last
   * one with `firstLead` belong to that entry point, if it follows directly.
   */
  lead: 2,
  firstLead: 4,
  /**
   * Bit of an entry point: a packet with which a decoder can begin, after the packets marked as
   * leads.
   */
  entry: 8,
  /**
   * Bit of an entry point of intra refresh, from which pictures become correct gradually. They are
   * complete at the next such entry point.
   */
  gradual: 16,
} as const)
