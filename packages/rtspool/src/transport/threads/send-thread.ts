import type { Clock } from '../../clock.js'
import { entryKinds, type ThreadMemory } from './entries.js'
import {
  allocateRing,
  hasReached,
  isAhead,
  type RingEntry,
  readEntry,
  ringEntry,
  SharedRing,
} from './shared-ring.js'

/**
 * Size in bytes of the ring in which the event loop writes entries (messages) for a thread: two seconds of a stream of
 * 16 Mbit/s.
 */
const entriesBytes = 4 * 1024 * 1024
const reportsBytes = 256 * 1024
/**
 * Maximum size in bytes of an RTSP message or of RTCP for one connection. Larger ones are treated as cached packets with
 * which a viewer begins.
 */
const maxMessageBytes = 8 * 1024
/**
 * Share of the ring that may wait to be sent when the thread is given cached packets of a new viewer. The packets of all
 * other viewers wait behind them.
 */
const maxFirstShare = 1 / 4
/** Bytes of the ring that RTSP messages leave free for control entries, which carry no bytes to send. */
const controlBytes = 32 * 1024
/** Bytes of the ring that media packets leave free for RTSP messages and control entries. */
const reservedBytes = 2 * controlBytes
/**
 * Maximum age in milliseconds of the oldest unsent media. Above this age the thread is given no media. The thread's
 * viewers continue later at a key frame.
 */
const maxAgeMs = 2000

/** Packets of one entry in the ring, that the thread has not sent yet, or whose reports have not been read. */
interface MediaUnderWay {
  readonly position: number
  readonly at: number
  /** Object passed to {@link SendThread.reserve}, which {@link SendThread.mediaOf} returns. */
  readonly media: unknown
}

/** A control entry, without bytes to send, that waits until the ring of the thread has room. */
interface WaitingEntry {
  readonly kind: number
  readonly id: number
  readonly argument: number
  readonly payload: Buffer | undefined
  readonly onEntered: ((end: number) => void) | undefined
}

/** Handle of the running thread: a worker, or a stand-in of a test. */
export interface ThreadRunner {
  /** Ends the thread at once. Resolves when it has ended. */
  terminate(): Promise<unknown>
}

/** Sizes of the memory of a send thread. Only tests choose them; servers use the defaults. */
export interface RingSizes {
  /** Size in bytes of the ring of entries, a power of 2. `reportsBytes` is that of the ring of reports. */
  readonly entriesBytes?: number
  readonly reportsBytes?: number
  /** Position of the first entry in both rings, a signed 32-bit number. @default 0 */
  readonly position?: number
  /** Number of slots for connections in the tables of a thread. @default 65536 */
  readonly slots?: number
}

/** Receiver of the reports that a send thread writes for the event loop, such as about unsent bytes. */
export interface ThreadListener {
  /**
   * Called for each report of the thread, in order.
   *
   * @param entry - The report; see `reportKinds`. Valid during the call only.
   */
  reported(thread: SendThread, entry: RingEntry): void
  /** Called once all waiting reports have been read, if there were any or the thread has handled further entries. */
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
  /**
   * Number of connections whose descriptor the thread has, and of UDP destinations. The thread with the lowest load
   * gets the next one.
   */
  load = 0
  /** Number of connections to which the thread, and not the event loop, writes at present. */
  connections = 0
  /** Number of UDP destinations to which the thread, and not the event loop, sends at present. */
  destinations = 0
  /** Number of packets not given to the thread because the thread was too slow, counted once for each viewer. */
  packetsDropped = 0
  /** Number of packets given to the thread, counted once for each viewer. */
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
   * Allocates the memory of a thread, without starting it.
   *
   * @param written - Counters shared by all threads; see {@link ThreadMemory}.
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

  /** Number of bytes in the ring, entry headers included, that the thread has not handled yet. */
  get lagBytes(): number {
    return ((this.#entries.position - this.#entries.handled) | 0) * 8
  }

  /** Size of the ring in units of 8 bytes. */
  get units(): number {
    return this.#entries.units
  }

  /** Position in the ring behind the last entry that the event loop has written; see {@link SharedRing}. */
  get position(): number {
    return this.#entries.position
  }

  /** Position in the ring behind the last entry that the thread has handled; see {@link SharedRing}. */
  get handled(): number {
    return this.#entries.handled
  }

  /**
   * True if the thread has not handled all entries: those in the ring, and control entries that wait for room in it.
   */
  get hasWork(): boolean {
    return this.#waiting.length > 0 || this.#entries.position !== this.#entries.handled
  }

  /** Age of the oldest media that the thread has not sent, in milliseconds; 0 = none. */
  get ageMs(): number {
    const oldest = this.#underWay[this.#firstUnderWay]
    return oldest ? this.#clock.now() - oldest.at : 0
  }

  /** True if the oldest unsent media is older than 2 s: the thread should be given no media now. */
  get isLate(): boolean {
    return this.ageMs > maxAgeMs
  }

  /**
   * Returns whether the thread may be given cached packets, with which a viewer begins. The thread must be in time, and
   * at most a quarter of the ring may then wait to be sent.
   */
  takesFirst(sizeBytes: number): boolean {
    return !this.isLate && this.lagBytes + sizeBytes <= this.units * 8 * maxFirstShare
  }

  /**
   * Writes an entry without media; see {@link entryKinds}. Without room in the ring, the entry waits in a list.
   *
   * @param options - `onEntered` receives the position behind the entry when the entry is in the ring.
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
   * Gives the thread a copy of bytes to send on one connection. More than 8 KiB count as media: {@link takesFirst} must
   * allow them, and {@link mediaOf} returns `bytes` itself, which must not be changed.
   *
   * @returns `false` without room in the ring, or if `takesFirst` does not allow the bytes. Nothing has been written.
   */
  post(slot: number, bytes: Buffer): boolean {
    const { length } = bytes
    const offset =
      length > maxMessageBytes
        ? this.#reserveFirst(slot, bytes)
        : this.#reserve(entryKinds.post, slot, length, length, controlBytes)
    if (offset < 0) return false
    bytes.copy(this.#entries.bytes, offset)
    this.#entries.commit()
    return true
  }

  /**
   * Reserves an entry with media for a group; see {@link entryKinds}. The caller writes the payload into {@link bytes}
   * at the returned offset, and then calls {@link commit}.
   *
   * @param media - Object that {@link mediaOf} returns for a report about the entry.
   * @returns Offset of the payload in bytes; -1 without room in the ring.
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

  /** Memory of the ring of entries, into which a caller of {@link reserve} writes the payload. */
  get bytes(): Buffer {
    return this.#entries.bytes
  }

  /** Memory of {@link bytes} as signed 32-bit words. The index of a word is its offset in bytes divided by 4. */
  get words(): Int32Array {
    return this.#entries.words
  }

  commit(): void {
    this.#entries.commit()
  }

  /**
   * Reads the entry at a position of the ring, which a report names, into `entry`. Valid while the listener handles the
   * report.
   */
  entryAt(position: number, entry: RingEntry): void {
    readEntry(this.#entries, position, entry)
  }

  /**
   * Returns the object that {@link reserve} was given for the entry at a position of the ring; `undefined` for an entry
   * without media.
   */
  mediaOf(position: number): unknown {
    for (let index = this.#firstUnderWay; index < this.#underWay.length; index++) {
      const one = this.#underWay[index]
      if (one?.position === position) return one.media
    }
    return undefined
  }

  /**
   * Calls a function with each object given to {@link reserve} whose entry the thread has not handled, oldest first,
   * and with the position of the entry.
   */
  forEachUnsent(visit: (media: unknown, position: number) => void): void {
    const { handled } = this.#entries
    for (let index = this.#firstUnderWay; index < this.#underWay.length; index++) {
      const { media, position } = this.#underWay[index] as MediaUnderWay
      if (hasReached(position, handled)) visit(media, position)
    }
  }

  /**
   * Returns a signed 32-bit number from the payload of a report; see `reportKinds`. Valid only while the listener
   * handles the report.
   *
   * @param index - Index of the number in the payload, from 0 on. Not checked.
   */
  reportValue({ offset }: RingEntry, index: number): number {
    return this.#reports.words[offset / 4 + index] as number
  }

  /**
   * Returns whether the thread has handled all entries in front of a position of the ring, and all reports about them
   * have been read.
   */
  hasPassed(position: number): boolean {
    return !isAhead(position, this.#collected, this.#entries.units)
  }

  /**
   * Reads what the thread has reported about entries of its ring, and tells the listener. Frees the memory of sent entries,
   * and writes control entries that had no room before. Called before each send of a group, and at a notice of the thread.
   */
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

  /**
   * Handles the message by which the thread tells of new reports. Allows the next message, and calls {@link collect}.
   */
  noticed(): void {
    this.#reports.lowerNotice()
    this.collect()
  }

  #reserveFirst(slot: number, bytes: Buffer): number {
    const { length } = bytes
    if (!this.takesFirst(length)) return -1
    return this.reserve(entryKinds.post, slot, length, { sizeBytes: length, media: bytes })
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
