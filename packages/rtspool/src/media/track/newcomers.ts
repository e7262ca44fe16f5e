import type { Clock, ClockTimer } from '../../clock.js'
import type { Reader } from '../fan-out/reader.js'

/** Shows each reader that is to be told something. */
export type ForEachReader = (visit: (reader: Reader) => void) => void

/**
 * Readers that have joined a stream under way and are to hear a second report, soon after their first packet: gortsplib
 * 5.2 (MediaMTX) does not know a source before it has a packet of it, and takes no notice of reports that come earlier.
 */
export class Newcomers {
  readonly #clock: Clock
  readonly #delayMs: number
  readonly #report: (forEachReader: ForEachReader) => void
  readonly #readers = new Set<Reader>()
  #timer: ClockTimer | undefined

  /**
   * @param delayMs - From the first packet to the report.
   * @param report - Sends a report.
   */
  constructor(clock: Clock, delayMs: number, report: (forEachReader: ForEachReader) => void) {
    this.#clock = clock
    this.#delayMs = delayMs
    this.#report = report
  }

  /** Whether somebody waits for a first packet or for the report after it. */
  get isEmpty(): boolean {
    return this.#readers.size === 0
  }

  /** @param hasPackets - Whether it begins with packets that were sent before. */
  add(reader: Reader, hasPackets: boolean): void {
    this.#readers.add(reader)
    if (hasPackets) this.notePacket()
  }

  /** It is to hear nothing more. */
  remove(reader: Reader): void {
    this.#readers.delete(reader)
  }

  /** All that wait have got a packet. */
  notePacket(): void {
    this.#timer ??= this.#clock.schedule(() => this.#reportNow(), this.#delayMs, false)
  }

  /** Nobody waits any more. Idempotent. */
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
