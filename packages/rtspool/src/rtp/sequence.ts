const sequenceNumbers = 2 ** 16

/**
 * Returns the shortest distance from one RTP sequence number to another, across the wrap if needed: -32768 to 32767.
 */
export function sequenceDistance(from: number, to: number): number {
  return ((to - from) << 16) >> 16
}

/**
 * Returns the shortest distance in ticks from one RTP timestamp to another, across the wrap if needed: -2^31 to 2^31
 * - 1.
 */
export function timestampDistance(from: number, to: number): number {
  return (to - from) | 0
}

/** Returns the RTP sequence number after another one: 0 after 65535. */
export function nextSequenceNumber(sequenceNumber: number): number {
  return (sequenceNumber + 1) & (sequenceNumbers - 1)
}
