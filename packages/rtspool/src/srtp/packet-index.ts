import { sequenceDistance } from '../rtp/index.js'

const sequenceNumbers = 2 ** 16
/** Highest packet index of SRTP: a rollover counter of 32 bits and a sequence number of 16. */
const maxIndex = 2 ** 48 - 1

/**
 * Returns the 48-bit index of a packet. Of all indexes with the packet's sequence number, the
 * result is the nearest to `near`.
 *
 * @param near - Highest index so far.
 * @returns `undefined` for an index below 0, or above 48 bits.
 * @see RFC 3711 section 3.3.1
 */
export function packetIndexNear(near: number, sequenceNumber: number): number | undefined {
  const index = near + sequenceDistance(near % sequenceNumbers, sequenceNumber)
  return index >= 0 && index <= maxIndex ? index : undefined
}

/** Returns the 48-bit SRTP index of a packet whose rollover counter is known. */
export const packetIndexOf = (rolloverCounter: number, sequenceNumber: number): number =>
  rolloverCounter * sequenceNumbers + sequenceNumber

/** Returns the rollover counter in a 48-bit SRTP packet index: the number of wraps of the sequence number. */
export const rolloverCounterOf = (index: number): number => Math.floor(index / sequenceNumbers)
