/** Result of {@link fittingPackets}: the packets within a size limit, in order, and totals. */
export interface FittingPackets {
  readonly packets: readonly Buffer[]
  /** Total size of `packets`, in bytes. */
  readonly sizeBytes: number
  /** Number of packets that `packets` does not contain, because they are larger than the limit. */
  readonly leftOut: number
  /** Size in bytes of the first packet above the limit; 0 if there is none. */
  readonly oversizedBytes: number
}

/** Returns the packets that have at most `maxBytes` bytes each, in order, and counts the others. */
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
