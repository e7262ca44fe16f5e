import type { Clock, ClockTimer } from '../../clock.js'
import type { Reader } from '../fan-out/reader.js'

/** Function that calls `visit` with each reader (viewer of a track) to which a sender report must be sent. */
export type ForEachReader = (visit: (reader: Reader) => void) => void

/**
 * Readers (viewers of a track) that have joined a running stream, and need a second sender report
 * soon after their first packet. gortsplib 5.2 (MediaMTX) ignores reports that arrive before the
 * first packet of a source.
 */
export class Newcomers {
  readonly #clock: Clock
  readonly #delayMs: number
  readonly #report: (forEachReader: ForEachReader) => void
  readonly #readers = new Set<Reader>()
  #timer: ClockTimer | undefined

  /**
   * Creates an empty set.
   *
   * @param delayMs - Milliseconds from the first packet to the report.
   * @param report - Sends a report to the readers that `forEachReader` visits.
   */
  constructor(clock: Clock, delayMs: number, report: (forEachReader: ForEachReader) => void) {
    this.#clock = clock
    this.#delayMs = delayMs
    this.#report = report
  }

  /** True if no reader (viewer of the track) waits for its second sender report. */
  get isEmpty(): boolean {
    return this.#readers.size === 0
  }

  /**
   * Adds a reader, which will be sent a second sender report.
   *
   * @param hasPackets - True if the reader has just been sent cached packets. The delay then starts
   * now, and not with the next packet.
   */
  add(reader: Reader, hasPackets: boolean): void {
    this.#readers.add(reader)
    if (hasPackets) this.notePacket()
  }

  /** Removes a reader, which is then not sent a second report. */
  remove(reader: Reader): void {
    this.#readers.delete(reader)
  }

  /** Notes that all added readers have been sent a packet, and starts the delay unless it already runs. */
  notePacket(): void {
    this.#timer ??= this.#clock.schedule(() => this.#reportNow(), this.#delayMs, false)
  }

  /** Removes all readers, and cancels their second report. Idempotent. */
  clear(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#readers.clear()
  }

  #reportNow(): void {
    const readers = [...this.#readers]
    this.clear()
    this.#report((visit) => readers.forEach(visit))
  }
}
