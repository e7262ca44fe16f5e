import { HandleRecords, hashField, recordSize } from './handle-records.js'

/** What an {@link IdTable} holds. */
export interface Identified {
  readonly id: string
}

const initialCapacity = 64
/** Integers of an entry: the hash of the id, and the handle + 1 (0 = no entry). */
const entrySize = 2
/** Characters that the quick hash looks at: 36 bits of a random id. */
const sampledCharacters = 6
/** Shorter ids are looked at whole. */
const shortestSampled = 2 * sampledCharacters
const bitsPerCode = 7 /* ASCII */
/** 2^32 divided by the golden ratio. */
const goldenRatio = 0x9e3779b1
/** A run of occupied entries this long says that the sampled characters do not tell ids apart. */
const longestRun = 128

const none = -1

/**
 * Objects by id, and by a small number, the handle, that each has while it is here.
 *
 * A hash table with linear probing in one typed array: 16 bytes an entry at most, and one place in
 * memory to look at before the object itself. A `Map` is slower here, because for a string that was never
 * seen before, as all that come off the wire, V8 must compute a hash over all its characters, outside of
 * compiled code. This table looks at six characters of an id, which is random; should an application make
 * ids that are alike in those, it changes to all characters.
 *
 * Nobody but the server makes ids, so nobody can fill the table with ids that collide.
 */
export class IdTable<T extends Identified> {
  readonly #items: (T | undefined)[] = []
  readonly #freeHandles: number[] = []
  readonly #records: HandleRecords
  #entries = new Int32Array(initialCapacity * entrySize)
  #mask = initialCapacity - 1
  #size = 0
  #hash = sampledHash

  /** @param records - Where it keeps the hashes. */
  constructor(records = new HandleRecords()) {
    this.#records = records
  }

  get size(): number {
    return this.#size
  }

  /** Highest handle so far, + 1. */
  get handles(): number {
    return this.#items.length
  }

  get(id: string): T | undefined {
    const handle = this.handleFor(id)
    return handle === none ? undefined : this.#items[handle]
  }

  /** The handle of the object with an id; -1 when it is not here. */
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

  /** Calls `fn` for each object, in no particular order. None may come or go meanwhile. */
  forEach(fn: (item: T) => void): void {
    for (const item of this.#items) if (item !== undefined) fn(item)
  }

  /** The object with a handle. */
  at(handle: number): T {
    return this.#items[handle] as T
  }

  /** Adds an object whose id is not here. @returns its handle */
  add(item: T): number {
    // Half full at most: then a look-up meets 1.5 entries on average.
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

  /** Enters a handle. @returns how many entries are in its way */
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

  /** Empties an entry, and moves those behind it up that would not be found any more. */
  #closeGap(gap: number): void {
    const entries = this.#entries
    const mask = this.#mask
    let hole = gap
    for (let index = (gap + 1) & mask; ; index = (index + 1) & mask) {
      const handle = entries[index * entrySize + 1] as number
      if (handle === 0) break
      const hash = entries[index * entrySize] as number
      // It may move when its own place does not lie between the hole and where it is now.
      if (((index - hash) & mask) < ((index - hole) & mask)) continue
      entries[hole * entrySize] = hash
      entries[hole * entrySize + 1] = handle
      hole = index
    }
    entries[hole * entrySize + 1] = 0
  }

  #resize(capacity: number): void {
    const before = this.#entries
    // Written once from end to end: where memory is first read, and then written, the kernel maps each page twice.
    this.#entries = new Int32Array(capacity * entrySize).fill(0)
    this.#mask = capacity - 1
    // In the order of the entries, so that what is written lies side by side as well.
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

  /** Gives the memory of a crowd back once everybody has left. */
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
  // Written out: a loop over the six takes a third longer.
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

/** One step of a multiplicative hash. */
function mixed(hash: number, code: number): number {
  return Math.imul(hash ^ code, goldenRatio) ^ (hash >>> 15)
}

/** Lets high bits have their say in the low ones, which choose the entry. */
function spread(hash: number): number {
  const half = Math.imul(hash ^ (hash >>> 16), goldenRatio)
  return half ^ (half >>> 15)
}
