const sequenceNumbers = 2 ** 16

/** Returns the distance from `from` to `to` on the circle of sequence numbers: -32768 to 32767. */
export function sequenceDistance(from: number, to: number): number {
  return ((to - from) << 16) >> 16
}

/** Returns the ticks from `from` to `to` on the circle of timestamps: -2^31 to 2^31 - 1. */
export function timestampDistance(from: number, to: number): number {
  return (to - from) | 0
}

/** Returns the sequence number after another. */
export function nextSequenceNumber(sequenceNumber: number): number {
  return (sequenceNumber + 1) & (sequenceNumbers - 1)
}
