/** The packets of a list that fit, in order. */
export interface FittingPackets {
  readonly packets: readonly Buffer[]
  /** Total size of the packets that fit. */
  readonly sizeBytes: number
  /** Number of packets that do not fit. */
  readonly leftOut: number
  /** Size of the first packet that does not fit; 0 if all do. */
  readonly oversizedBytes: number
}

/** Leaves out the packets larger than `maxBytes`. */
export function fittingPackets(packets: readonly Buffer[], maxBytes: number): FittingPackets {
  const fitting: Buffer[] = []
  let sizeBytes = 0
  let oversizedBytes = 0
  for (const packet of packets) {
    if (packet.length <= maxBytes) {
      fitting.push(packet)
      sizeBytes += packet.length
    } else if (oversizedBytes === 0) {
      oversizedBytes = packet.length
    }
  }
  return { packets: fitting, sizeBytes, leftOut: packets.length - fitting.length, oversizedBytes }
}
