import { HandleRecords, hashField, recordSize } from './handle-records.js'

/** An object that an {@link IdTable} can hold. */
export interface Identified {
  readonly id: string
}

const initialCapacity = 64
/**
 * Number of integers in an entry of the hash table: the hash of the id, and the handle of its object + 1 (0 = no
 * entry).
 */
const entrySize = 2
/** Number of characters of an id that the quick hash reads: 36 bits of a random id. */
const sampledCharacters = 6
/**
 * Minimum length of an id of which only some characters are hashed. Shorter ids are hashed
 * completely.
 */
const shortestSampled = 2 * sampledCharacters
const bitsPerCode = 7 /* ASCII */
/** Multiplier in the hash of an id: 2^32 divided by the golden ratio. */
const goldenRatio = 0x9e3779b1
/**
 * Number of occupied entries that adding an id may skip in the hash table. A longer run shows that the sampled
 * characters do not distinguish the ids. The table then hashes all characters.
 */
const longestRun = 128

const none = -1

/**
 * Objects by id, and by a small number, the handle, which each object has while the table holds it.
 *
 * A hash table with linear probing in one typed array: at most 16 bytes an entry, and one memory
 * access before the object itself. A `Map` is slower, because V8 hashes all characters of a string
 * that it has not seen before, such as each id from the wire. This table hashes six characters of
 * an id, because ids are random. If an application creates ids with equal characters there, the
 * table hashes all characters.
 *
 * Only the server creates ids, so no client can fill the table with colliding ones.
 */
export class IdTable<T extends Identified> {
  readonly #items: (T | undefined)[] = []
  readonly #freeHandles: number[] = []
  readonly #records: HandleRecords
  #entries = new Int32Array(initialCapacity * entrySize)
  #mask = initialCapacity - 1
  #size = 0
  #hash = sampledHash

  /**
   * Creates an empty table of objects by id.
   *
   * @param records - Storage for the hashes of the ids.
   */
  constructor(records = new HandleRecords()) {
    this.#records = records
  }

  get size(): number {
    return this.#size
  }

  /** Highest handle used since an empty table last freed its memory, plus 1; 0 = none. */
  get handles(): number {
    return this.#items.length
  }

  get(id: string): T | undefined {
    const handle = this.handleFor(id)
    return handle === none ? undefined : this.#items[handle]
  }

  /** Returns the handle (number inside the table) of the object with an id; -1 if there is none. */
  handleFor(id: string): number {
    const hash = this.#hash(id)
    const entries = this.#entries
    const mask = this.#mask
    for (let index = hash & mask; ; index = (index + 1) & mask) {
      const handle = (entries[index * entrySize + 1] as number) - 1
      if (handle === none) return none
      if (entries[index * entrySize] === hash && this.#items[handle]?.id === id) return handle
    }
  }

  /** Calls `fn` for each object, in no particular order. `fn` must not add or remove objects. */
  forEach(fn: (item: T) => void): void {
    for (const item of this.#items) if (item !== undefined) fn(item)
  }

  /** Returns the object with a handle, which {@link add} or {@link handleFor} has returned. */
  at(handle: number): T {
    return this.#items[handle] as T
  }

  /** Adds an object, whose id must not be in the table yet. @returns The handle of the object. */
  add(item: T): number {
    // At most half full, so that a look-up reads 1.5 entries on average.
    if (this.#size * 2 >= this.#mask + 1) this.#resize((this.#mask + 1) * 2)
    const handle = this.#freeHandles.pop() ?? this.#items.length
    this.#items[handle] = item
    this.#records.reserve(handle)
    const hash = this.#hash(item.id)
    this.#records.ints[handle * recordSize + hashField] = hash
    this.#size++
    if (this.#enter(hash, handle) > longestRun && this.#hash === sampledHash) this.#hashAll()
    return handle
  }

  delete(handle: number): void {
    const mask = this.#mask
    let index = this.#hashOf(handle) & mask
    while (this.#entries[index * entrySize + 1] !== handle + 1) index = (index + 1) & mask
    this.#closeGap(index)
    this.#items[handle] = undefined
    this.#size--
    if (this.#size === 0 && mask >= initialCapacity) this.#reset()
    else this.#freeHandles.push(handle)
  }

  #hashOf(handle: number): number {
    return this.#records.ints[handle * recordSize + hashField] as number
  }

  /**
   * Writes the handle of an object to the first free entry of the table for a hash.
   *
   * @returns The number of occupied entries that were skipped.
   */
  #enter(hash: number, handle: number): number {
    const entries = this.#entries
    const mask = this.#mask
    let index = hash & mask
    let run = 0
    while (entries[index * entrySize + 1] !== 0) {
      index = (index + 1) & mask
      run++
    }
    entries[index * entrySize] = hash
    entries[index * entrySize + 1] = handle + 1
    return run
  }

  /**
   * Empties an entry of the hash table. Moves later entries to the gap if a search would otherwise no longer find
   * them.
   */
  #closeGap(gap: number): void {
    const entries = this.#entries
    const mask = this.#mask
    let hole = gap
    for (let index = (gap + 1) & mask; ; index = (index + 1) & mask) {
      const handle = entries[index * entrySize + 1] as number
      if (handle === 0) break
      const hash = entries[index * entrySize] as number
      // The entry may move if its own place is not between the hole and its current place.
      if (((index - hash) & mask) < ((index - hole) & mask)) continue
      entries[hole * entrySize] = hash
      entries[hole * entrySize + 1] = handle
      hole = index
    }
    entries[hole * entrySize + 1] = 0
  }

  #resize(capacity: number): void {
    const before = this.#entries
    // Written once from end to end: for memory that is read before it is written, the kernel maps
    // each page twice.
    this.#entries = new Int32Array(capacity * entrySize).fill(0)
    this.#mask = capacity - 1
    // In the order of the entries, so that writes are adjacent as well.
    for (let at = 0; at < before.length; at += entrySize) {
      const reference = before[at + 1] as number
      if (reference !== 0) this.#enter(before[at] as number, reference - 1)
    }
  }

  #hashAll(): void {
    this.#hash = wholeHash
    this.#entries.fill(0)
    for (const [handle, item] of this.#items.entries()) {
      if (item === undefined) continue
      const hash = wholeHash(item.id)
      this.#records.ints[handle * recordSize + hashField] = hash
      this.#enter(hash, handle)
    }
  }

  /** Frees memory that a larger number of objects needed; called when the table is empty. */
  #reset(): void {
    this.#items.length = 0
    this.#freeHandles.length = 0
    this.#records.reset()
    this.#entries = new Int32Array(initialCapacity * entrySize)
    this.#mask = initialCapacity - 1
  }
}

function sampledHash(id: string): number {
  const { length } = id
  if (length < shortestSampled) return wholeHash(id)
  const step = (length / sampledCharacters) | 0
  const last = length - 1
  // Unrolled: a loop over the six characters takes a third longer.
  let low = id.charCodeAt(last)
  low = (low << bitsPerCode) ^ id.charCodeAt(last - step)
  low = (low << bitsPerCode) ^ id.charCodeAt(last - 2 * step)
  let high = id.charCodeAt(last - 3 * step)
  high = (high << bitsPerCode) ^ id.charCodeAt(last - 4 * step)
  high = (high << bitsPerCode) ^ id.charCodeAt(last - 5 * step)
  return spread(Math.imul(low, goldenRatio) ^ high ^ length)
}

function wholeHash(id: string): number {
  let hash = id.length
  for (let index = 0; index < id.length; index++) hash = mixed(hash, id.charCodeAt(index))
  return spread(hash)
}

/** Adds a character code of an id to a hash, by multiplication. @returns The new hash */
function mixed(hash: number, code: number): number {
  return Math.imul(hash ^ code, goldenRatio) ^ (hash >>> 15)
}

/** Mixes the high bits of a hash into the low ones, which choose the entry of the table. */
function spread(hash: number): number {
  const half = Math.imul(hash ^ (hash >>> 16), goldenRatio)
  return half ^ (half >>> 15)
}
