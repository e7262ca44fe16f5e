import type { PacketBatch } from './packet-batch.js'

/** A reader, or several readers together, that fell behind and are sent no packets until a decoder can begin again. */
export interface WaitingReader {
  /**
   * Time since which packets could be sent again, but no entry point has arrived, at which a decoder can begin. In
   * milliseconds of the clock; `undefined` if the reader does not wait for an entry point.
   */
  waitingSince: number | undefined
}

/**
 * Returns the index of the packet of a batch at which a reader continues, or -1 if the reader must go on waiting. This
 * packet is an entry point, at which a decoder can begin.
 *
 * A stream may never have another entry point. So after `maxWaitMs` the reader continues at the next access unit, and
 * after twice that time at any packet.
 *
 * @param waiting - The function sets `waitingSince` at the first batch without an entry point. The caller sets
 *   `waitingSince` back.
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
