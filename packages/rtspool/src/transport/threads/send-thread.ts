import type { Clock } from '../../clock.js'
import { entryKinds, type ThreadMemory } from './entries.js'
import {
  allocateRing,
  hasReached,
  type RingEntry,
  readEntry,
  ringEntry,
  SharedRing,
} from './shared-ring.js'

/** Size in bytes of the entries' ring: two seconds of a stream of 16 Mbit/s. */
const entriesBytes = 4 * 1024 * 1024
const reportsBytes = 256 * 1024
/** Bytes of the ring that messages leave free for control entries. */
const controlBytes = 32 * 1024
/** Bytes that media leave free for messages and control entries. */
const reservedBytes = 2 * controlBytes
/**
 * Age in milliseconds of the oldest unsent media at which the thread is sent no more. Its viewers
 * then continue at the next key frame.
 */
const maxAgeMs = 2000

/** Media under way: an entry that the thread has not sent yet, or whose reports have not been read. */
interface MediaUnderWay {
  readonly position: number
  readonly at: number
  /** Object that the sender of the media has attached, for reports. */
  readonly media: unknown
}

/** A control entry that has to wait for room. */
interface WaitingEntry {
  readonly kind: number
  readonly id: number
  readonly argument: number
  readonly payload: Buffer | undefined
  readonly onEntered: ((end: number) => void) | undefined
}

/** Runs the thread itself: a worker, or a stand-in of a test. */
export interface ThreadRunner {
  /** Ends the thread at once. Resolves when it has ended. */
  terminate(): Promise<unknown>
}

/** Sizes that tests choose. */
export interface RingSizes {
  /** Sizes of the rings in bytes: powers of 2. */
  readonly entriesBytes?: number
  readonly reportsBytes?: number
  /** Position of the first entry in both rings. */
  readonly position?: number
  /** Number of slots in the tables of a thread. */
  readonly slots?: number
}

/** Receives the reports of a thread. */
export interface ThreadListener {
  /**
   * Called for each report.
   *
   * @param entry - The report; see `reportKinds`. Valid during the call only.
   */
  reported(thread: SendThread, entry: RingEntry): void
  /** Called after reports, when the thread may have passed further entries. */
  advanced(thread: SendThread): void
}

/**
 * The event loop's side of one send thread: writes entries, and reads reports.
 *
 * ```text
 *   control ─┐
 *   post ────┼─▶ ring of entries ─▶ thread ─▶ ring of reports ─▶ collect
 *   media ───┘
 * ```
 *
 * An entry stays in the ring until {@link collect} has read the reports about it. So nothing else
 * keeps its bytes.
 */
export class SendThread {
  readonly memory: ThreadMemory
  /** Number of connections and destinations of this thread. */
  load = 0
  /** Number of connections whose write side the thread has. */
  connections = 0
  /** Number of UDP destinations of the thread. */
  destinations = 0
  /** Number of packets left out because the thread was too slow, counted for each viewer. */
  packetsDropped = 0
  /** Number of packets given to the thread, counted for each viewer. */
  packetsOut = 0
  readonly #clock: Clock
  readonly #listener: ThreadListener
  readonly #entries: SharedRing
  readonly #reports: SharedRing
  #collected: number
  readonly #underWay: MediaUnderWay[] = []
  #firstUnderWay = 0
  readonly #waiting: WaitingEntry[] = []
  readonly #report = ringEntry()
  #isCollecting = false

  /**
   * Allocates the memory of a thread.
   *
   * @param written - Shared by all threads; see {@link ThreadMemory}.
   * @param sizes - Sizes for tests.
   */
  constructor(
    clock: Clock,
    written: SharedArrayBuffer,
    listener: ThreadListener,
    sizes: RingSizes = {},
  ) {
    this.#clock = clock
    this.#listener = listener
    this.memory = {
      entries: allocateRing(sizes.entriesBytes ?? entriesBytes, sizes.position),
      reports: allocateRing(sizes.reportsBytes ?? reportsBytes, sizes.position),
      written,
    }
    this.#entries = new SharedRing(this.memory.entries)
    this.#reports = new SharedRing(this.memory.reports)
    this.#collected = this.#entries.position
  }

  /** Number of bytes of entries that the thread has not handled yet. */
  get lagBytes(): number {
    return ((this.#entries.position - this.#entries.handled) | 0) * 8
  }

  /** Position behind the last entry that the thread has handled. */
  get handled(): number {
    return this.#entries.handled
  }

  /** True if the ring or the list behind it has entries that the thread has not handled. */
  get hasWork(): boolean {
    return this.#waiting.length > 0 || this.#entries.position !== this.#entries.handled
  }

  /** Age of the oldest media that the thread has not sent, in milliseconds; 0 = none. */
  get ageMs(): number {
    const oldest = this.#underWay[this.#firstUnderWay]
    return oldest ? this.#clock.now() - oldest.at : 0
  }

  /** True if the thread is too far behind to be sent media. */
  get isLate(): boolean {
    return this.ageMs > maxAgeMs
  }

  /**
   * Writes an entry without media, which is never refused. Without room it waits in a list.
   *
   * @param onEntered - Receives the position behind the entry, when it is in the ring.
   */
  control(
    kind: number,
    id: number,
    argument: number,
    options: { readonly payload?: Buffer; readonly onEntered?: (end: number) => void } = {},
  ): void {
    const { payload, onEntered } = options
    const entry = { kind, id, argument, payload, onEntered }
    if (this.#waiting.length > 0 || !this.#enter(entry)) this.#waiting.push(entry)
  }

  /**
   * Writes bytes for one connection.
   *
   * @returns `false` without room: the bytes have not been written.
   */
  post(slot: number, bytes: Buffer): boolean {
    const { length } = bytes
    const offset = this.#reserve(entryKinds.post, slot, length, length, controlBytes)
    if (offset < 0) return false
    bytes.copy(this.#entries.bytes, offset)
    this.#entries.commit()
    return true
  }

  /**
   * Reserves an entry with media for a group. The caller writes the payload into {@link bytes} at
   * the returned offset, and then calls {@link commit}.
   *
   * @param media - Object that {@link mediaOf} returns for a report about the entry.
   * @returns Offset of the payload; -1 without room.
   */
  reserve(
    kind: number,
    id: number,
    argument: number,
    { sizeBytes, media }: { readonly sizeBytes: number; readonly media: unknown },
  ): number {
    const offset = this.#reserve(kind, id, argument, sizeBytes, reservedBytes)
    if (offset < 0) return -1
    const position = (this.#entries.position - (2 + Math.ceil(sizeBytes / 8))) | 0
    this.#underWay.push({ position, at: this.#clock.now(), media })
    return offset
  }

  /** Memory of the entries. */
  get bytes(): Buffer {
    return this.#entries.bytes
  }

  /** The same memory as 32-bit words. */
  get words(): Int32Array {
    return this.#entries.words
  }

  commit(): void {
    this.#entries.commit()
  }

  /** Reads the entry about which the thread has reported. Valid during the report only. */
  entryAt(position: number, entry: RingEntry): void {
    readEntry(this.#entries, position, entry)
  }

  /** Returns the object attached to the media at a position; `undefined` for other entries. */
  mediaOf(position: number): unknown {
    for (let index = this.#firstUnderWay; index < this.#underWay.length; index++) {
      const one = this.#underWay[index]
      if (one?.position === position) return one.media
    }
    return undefined
  }

  /** Returns the 32-bit number of a report's payload. Valid during the report only. */
  reportValue({ offset }: RingEntry, index: number): number {
    return this.#reports.words[offset / 4 + index] as number
  }

  /** Returns whether everything in front of a position has been handled, and the reports about it read. */
  hasPassed(position: number): boolean {
    return hasReached(this.#collected, position)
  }

  /** Reads the reports, frees the entries that the thread has handled, and writes those that wait. */
  collect(): void {
    if (this.#isCollecting) return
    // Read before the reports: the thread reports about an entry before it counts as handled.
    const handled = this.#entries.handled
    let hasReports = false
    this.#isCollecting = true
    while (this.#reports.read(this.#report)) {
      hasReports = true
      this.#listener.reported(this, this.#report)
      this.#reports.advance(this.#report)
    }
    this.#isCollecting = false
    if (hasReports) this.#reports.wakeProducer()
    else if (handled === this.#collected) return
    this.#collected = handled
    this.#entries.free(handled)
    this.#forgetSent(handled)
    this.#enterWaiting()
    this.#listener.advanced(this)
  }

  /** Reads the notice of the thread, and collects. */
  noticed(): void {
    this.#reports.lowerNotice()
    this.collect()
  }

  #reserve(
    kind: number,
    id: number,
    argument: number,
    sizeBytes: number,
    freeBytes: number,
  ): number {
    if (this.#waiting.length > 0) return -1
    return this.#entries.reserve(kind, id, argument, sizeBytes, freeBytes / 8)
  }

  #enter({ kind, id, argument, payload, onEntered }: WaitingEntry): boolean {
    const offset = this.#entries.reserve(kind, id, argument, payload?.length ?? 0)
    if (offset < 0) return false
    payload?.copy(this.#entries.bytes, offset)
    onEntered?.(this.#entries.position)
    this.#entries.commit()
    return true
  }

  #enterWaiting(): void {
    let entered = 0
    for (const entry of this.#waiting) {
      if (!this.#enter(entry)) break
      entered++
    }
    if (entered > 0) this.#waiting.splice(0, entered)
  }

  #forgetSent(handled: number): void {
    const underWay = this.#underWay
    let first = this.#firstUnderWay
    while (
      first < underWay.length &&
      !hasReached((underWay[first] as MediaUnderWay).position, handled)
    )
      first++
    this.#firstUnderWay = first
    if (first < 64 && first < underWay.length) return
    underWay.splice(0, first)
    this.#firstUnderWay = 0
  }
}
