/** Size in bytes of the control words at the beginning of a ring's memory. */
const controlBytes = 256
const unitBytes = 8
/** Number of units, of 8 bytes each, in front of each payload: size and kind, then id and argument. */
const headerUnits = 2
/** Kind of an entry without content. Such an entry fills the end of the memory, so that each payload is contiguous. */
const padding = 0

/** Indices of the control words, which have 32 bits. Each word has a cache line of its own. */
const words = Object.freeze({
  /** Position behind the last entry that the producer has committed. */
  head: 0,
  /** Position behind the last entry that the consumer has handled. */
  tail: 16,
  /** 1 while the consumer blocks in {@link SharedRing.sleep}, 0 otherwise. */
  sleeps: 32,
  /** 1 while a message that tells the consumer's event loop of new entries is under way, 0 otherwise. */
  notice: 48,
})

/**
 * Queue of entries from one thread to another, in shared memory. The queue has one producer and one consumer, and no
 * lock.
 *
 * ```text
 * control  [ head | tail | sleeps | notice ]
 * units    [ size, kind | id, argument | payload … ][ size, kind | … ]   8 bytes each
 * ```
 *
 * A position is a signed 32-bit number. Positions count units of 8 bytes, and wrap from 2^31 - 1 to -2^31. The size of
 * an entry is in units, with the header.
 *
 * A payload is written before `Atomics.store(head)`, and read after `Atomics.load(head)`, so that no other barrier is
 * needed. Each thread has an object of its own for the same memory.
 */
export class SharedRing {
  readonly memory: SharedArrayBuffer
  /** Number of units of 8 bytes in the ring: a power of 2. */
  readonly units: number
  /** Memory of the units as bytes. An entry's `offset` counts from here. */
  readonly bytes: Buffer
  /** Memory of {@link bytes} as signed 32-bit words. The index of a word is its offset in bytes divided by 4. */
  readonly words: Int32Array
  readonly #control: Int32Array
  /**
   * For the producer, position behind the last reserved entry. For the consumer, position of the next entry to read.
   */
  #position: number
  /** For the producer: units at lower positions may be overwritten, because the entries that were there are freed. */
  #freed: number

  /**
   * Opens a ring in memory that {@link allocateRing} has created.
   *
   * @param memory - Shared with the other thread.
   */
  constructor(memory: SharedArrayBuffer) {
    this.memory = memory
    this.units = (memory.byteLength - controlBytes) / unitBytes
    this.#control = new Int32Array(memory, 0, controlBytes / 4)
    this.words = new Int32Array(memory, controlBytes)
    this.bytes = Buffer.from(memory, controlBytes)
    this.#position = Atomics.load(this.#control, words.tail)
    this.#freed = this.#position
  }

  get position(): number {
    return this.#position
  }

  /** Position behind the last entry that the consumer has handled, as other threads see it. */
  get handled(): number {
    return Atomics.load(this.#control, words.tail)
  }

  /**
   * Reserves an entry, which the consumer sees after {@link commit}. For the producer.
   *
   * @param kind - Kind, from 1 on; `id` and `argument` are signed 32-bit numbers for the consumer.
   * @param payloadBytes - Size of the payload, which the caller writes at the returned offset.
   * @param spareUnits - Number of units, of 8 bytes each, that must stay free behind the entry.
   * @returns Offset of the payload in {@link bytes}, or -1 without room.
   */
  reserve(
    kind: number,
    id: number,
    argument: number,
    payloadBytes: number,
    spareUnits = 0,
  ): number {
    const units = headerUnits + Math.ceil(payloadBytes / unitBytes)
    const at = this.#position & (this.units - 1)
    const toEnd = this.units - at
    const needed = (units <= toEnd ? units : toEnd + units) + spareUnits
    if (needed > this.units - ((this.#position - this.#freed) | 0)) return -1
    let place = at
    if (units > toEnd) {
      this.words[at * 2] = toEnd
      this.words[at * 2 + 1] = padding
      this.#position = (this.#position + toEnd) | 0
      place = 0
    }
    const word = place * 2
    this.words[word] = units
    this.words[word + 1] = kind
    this.words[word + 2] = id
    this.words[word + 3] = argument
    this.#position = (this.#position + units) | 0
    return (place + headerUnits) * unitBytes
  }

  /**
   * Makes all reserved entries visible to the consumer, in order, and wakes a consumer in {@link sleep}. For the
   * producer.
   */
  commit(): void {
    Atomics.store(this.#control, words.head, this.#position)
    // Loaded after the store: the consumer stores `sleeps` before it looks at head again.
    if (Atomics.load(this.#control, words.sleeps) === 1)
      Atomics.notify(this.#control, words.head, 1)
  }

  /**
   * Allows the units in front of a position, whose entries are no longer read, to be written again. For the producer.
   */
  free(position: number): void {
    this.#freed = position
  }

  /**
   * Reads the next entry. The payload is valid until {@link advance}. For the consumer.
   *
   * @param entry - Receives the entry.
   * @returns `false` if there is none.
   */
  read(entry: RingEntry): boolean {
    for (;;) {
      if (Atomics.load(this.#control, words.head) === this.#position) return false
      readEntry(this, this.#position, entry)
      if (entry.kind !== padding) return true
      this.#position = entry.end
    }
  }

  /** Marks the entry that {@link read} has returned as handled. For the consumer. */
  advance({ end }: RingEntry): void {
    this.#position = end
    Atomics.store(this.#control, words.tail, end)
  }

  /** Wakes a producer in {@link waitForRoom}. For the consumer. */
  wakeProducer(): void {
    Atomics.notify(this.#control, words.tail)
  }

  /**
   * Blocks the thread until there is an entry. For a consumer without event loop.
   *
   * @param timeoutMs - Maximum time in milliseconds.
   */
  sleep(timeoutMs: number): void {
    if (Atomics.load(this.#control, words.head) !== this.#position) return
    Atomics.store(this.#control, words.sleeps, 1)
    Atomics.wait(this.#control, words.head, this.#position, timeoutMs)
    Atomics.store(this.#control, words.sleeps, 0)
  }

  /**
   * Blocks the thread until the consumer has handled an entry. For a producer without event loop.
   *
   * @param timeoutMs - Maximum time in milliseconds.
   */
  waitForRoom(timeoutMs: number): void {
    Atomics.wait(this.#control, words.tail, this.#freed, timeoutMs)
  }

  /**
   * Notes that a message about new entries is under way to the event loop of the consumer. For the producer, which
   * sends the message.
   *
   * @returns `false` if an earlier message is still under way, so that no other one is needed.
   */
  raiseNotice(): boolean {
    return Atomics.exchange(this.#control, words.notice, 1) === 0
  }

  /** Notes that the message of {@link raiseNotice} has arrived: later entries need another one. For the consumer. */
  lowerNotice(): void {
    Atomics.store(this.#control, words.notice, 0)
  }
}

/** An entry of a {@link SharedRing}. Readers use one object again for all entries. */
export interface RingEntry {
  kind: number
  id: number
  argument: number
  /** Offset in bytes of the entry's payload in {@link SharedRing.bytes}. */
  offset: number
  /** Position of the entry in the ring; see {@link SharedRing}. */
  start: number
  /** Position in the ring behind the entry, where the next one begins. */
  end: number
}

/** Creates an empty entry object, into which {@link SharedRing.read} writes. */
export const ringEntry = (): RingEntry => ({
  kind: padding,
  id: 0,
  argument: 0,
  offset: 0,
  start: 0,
  end: 0,
})

/** Reads into `entry` the entry that begins at a position. The producer may do so before it frees the entry. */
export function readEntry(ring: SharedRing, position: number, entry: RingEntry): void {
  const at = position & (ring.units - 1)
  const { words: values } = ring
  entry.start = position
  entry.end = (position + (values[at * 2] as number)) | 0
  entry.kind = values[at * 2 + 1] as number
  entry.id = values[at * 2 + 2] as number
  entry.argument = values[at * 2 + 3] as number
  entry.offset = (at + headerUnits) * unitBytes
}

/**
 * Allocates the memory of an empty ring.
 *
 * @param sizeBytes - Size without the control words: a power of 2, from 64 bytes on.
 * @param position - Position of the first entry; a signed 32-bit number.
 */
export function allocateRing(sizeBytes: number, position = 0): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(controlBytes + sizeBytes)
  const control = new Int32Array(memory, 0, controlBytes / 4)
  control[words.head] = position | 0
  control[words.tail] = position | 0
  return memory
}

/** Returns whether position `a` is at or behind `b`. Both must be less than 2^31 units apart. */
export const hasReached = (a: number, b: number): boolean => ((a - b) | 0) >= 0

/**
 * Returns whether position `a` is behind `b` in a ring, by no more than the size of the ring. Position `a` may be of any
 * age: unlike in {@link hasReached}, older positions stay in front of `b` after 2^31 units.
 *
 * @param units - Size of the ring in units of 8 bytes.
 */
export function isAhead(a: number, b: number, units: number): boolean {
  const distance = (a - b) | 0
  return distance > 0 && distance <= units
}
