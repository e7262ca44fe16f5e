/** Bits that classify a packet for readers that begin with a stream, or continue after a gap. */
export const packetRoles = Object.freeze({
  /** The first packet of its access unit. */
  frameStart: 1,
  /**
   * Belongs to the entry point that may follow directly, like all packets since the one with
   * `firstLead`.
   */
  lead: 2,
  firstLead: 4,
  /** A decoder can begin here, with the leads in front. */
  entry: 8,
  /** An entry after which pictures become correct gradually, up to the next such entry. */
  gradual: 16,
} as const)
