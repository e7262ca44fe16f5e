/** Bits of one number that says what a packet is to those who begin with a stream, or go on with it after a gap. */
export const packetRoles = Object.freeze({
  /** The first of its access unit. */
  frameStart: 1,
  /** Belongs to the entry point that may follow directly, as all packets do since the one with `firstLead`. */
  lead: 2,
  firstLead: 4,
  /** A decoder can begin here, with the leads in front. */
  entry: 8,
  /** An entry after which pictures become right bit by bit, up to the next such entry. */
  gradual: 16,
} as const)
