import type { DatagramDestination } from './datagram-group.js'

/** Largest segments that the routes of destinations take, as far as one has refused larger ones. */
export type RouteMemory = WeakMap<DatagramDestination, number>

/** Larger than any segment. */
const unlimited = 0xffff
/** Runs that a limited member is sent before segments are tried again: its route may have changed. */
const retryRuns = 1024
const initialCapacity = 16

/**
 * The members of a group whose routes refuse segments of some size, by slot. Such a member is sent each packet as a
 * datagram of its own, which IP cuts into fragments where it does not fit.
 *
 * ```text
 * slot        0      1      2
 * largest  [ any | 1372 | any ]   bytes of a segment
 * runsLeft [  -  |  900 |  -  ]   until segments are tried again
 * ```
 */
export class SegmentLimits {
  /** How many members are limited. */
  count = 0
  readonly #memory: RouteMemory
  #largest = new Uint16Array(initialCapacity).fill(unlimited)
  #runsLeft = new Uint16Array(initialCapacity)

  /** @param memory - Shared by the groups of one socket: a destination is known in all of them. */
  constructor(memory: RouteMemory) {
    this.#memory = memory
  }

  grow(capacity: number): void {
    const largest = new Uint16Array(capacity).fill(unlimited)
    largest.set(this.#largest.subarray(0, capacity))
    this.#largest = largest
    const runsLeft = new Uint16Array(capacity)
    runsLeft.set(this.#runsLeft.subarray(0, capacity))
    this.#runsLeft = runsLeft
  }

  /** Gives a slot to a destination. */
  place(slot: number, destination: DatagramDestination): void {
    this.#write(slot, this.#memory.get(destination) ?? unlimited)
  }

  /** Frees the last slot. Its destination, unless it leaves too, is to be placed elsewhere before. */
  clear(slot: number): void {
    this.#write(slot, unlimited)
  }

  /** Notes that the route of a destination refuses segments of more than `largest` bytes. */
  limit(slot: number, destination: DatagramDestination, largest: number): void {
    this.#memory.set(destination, largest)
    this.#write(slot, largest)
  }

  /** Notes that a limited member was sent a run; after 1024 of them its limit is forgotten. */
  noteRun(slot: number, destination: DatagramDestination): void {
    const runsLeft = (this.#runsLeft[slot] as number) - 1
    this.#runsLeft[slot] = runsLeft
    if (runsLeft > 0) return
    this.#memory.delete(destination)
    this.#write(slot, unlimited)
  }

  /** Whether the route of a member is known to refuse segments of this size. */
  refuses(slot: number, segmentBytes: number): boolean {
    return segmentBytes > (this.#largest[slot] as number)
  }

  /** Whether a packet of this size is known to leave in fragments. */
  fragments(slot: number, sizeBytes: number): boolean {
    const largest = this.#largest[slot] as number
    return largest > 0 && sizeBytes > largest
  }

  #write(slot: number, largest: number): void {
    if (this.#largest[slot] !== unlimited) this.count--
    if (largest !== unlimited) this.count++
    this.#largest[slot] = largest
    this.#runsLeft[slot] = retryRuns
  }
}
