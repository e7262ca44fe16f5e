import { sequenceDistance } from '../rtp/index.js'

const sequenceNumbers = 2 ** 16
/** Rollover counters have 32 bits. */
const maxIndex = 2 ** 48 - 1

/**
 * The 48-bit index of a packet: the one with its sequence number that is nearest to another.
 *
 * @param near - Index of the newest packet so far.
 * @returns `undefined` for one from before the beginning, or after the end of what 48 bits can count.
 * @see RFC 3711 section 3.3.1
 */
export function packetIndexNear(near: number, sequenceNumber: number): number | undefined {
  const index = near + sequenceDistance(near % sequenceNumbers, sequenceNumber)
  return index >= 0 && index <= maxIndex ? index : undefined
}

/** The index of a packet whose rollover counter is known. */
export const packetIndexOf = (rolloverCounter: number, sequenceNumber: number): number =>
  rolloverCounter * sequenceNumbers + sequenceNumber

/** How often the sequence numbers have begun anew. */
export const rolloverCounterOf = (index: number): number => Math.floor(index / sequenceNumbers)
