/** Those of some packets that fit, in order. */
export interface FittingPackets {
  readonly packets: readonly Buffer[]
  /** Of all that fit. */
  readonly sizeBytes: number
  /** How many do not fit. */
  readonly leftOut: number
  /** Size of the first that does not fit; 0 when all do. */
  readonly oversizedBytes: number
}

/** Leaves out what is larger than `maxBytes`. */
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
