import type { PacketBatch } from './packet-batch.js'

/** A reader, or several, that are sent no packets until they can continue. */
export interface WaitingReader {
  /**
   * Time since which packets could be sent again while no entry point has arrived. In milliseconds
   * of the clock; `undefined` if the reader does not wait for one.
   */
  waitingSince: number | undefined
}

/**
 * Returns the index of the packet of a batch at which a reader continues, or -1. This packet is an
 * entry point. A stream may never have another one: after `maxWaitMs` the reader continues at the
 * next access unit, and after twice that time at any packet.
 *
 * @param waiting - The function notes in it since when the reader waits.
 * @param now - Milliseconds of the clock.
 */
export function resumeIndex(
  waiting: WaitingReader,
  { entryIndex, frameIndex }: PacketBatch,
  now: number,
  maxWaitMs: number,
): number {
  if (entryIndex >= 0) return entryIndex
  waiting.waitingSince ??= now
  const waitedMs = now - waiting.waitingSince
  if (waitedMs < maxWaitMs) return -1
  if (frameIndex >= 0) return frameIndex
  return waitedMs < 2 * maxWaitMs ? -1 : 0
}
