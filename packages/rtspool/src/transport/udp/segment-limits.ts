import type { DatagramDestination } from './datagram-group.js'

/**
 * Largest segments that the routes to destinations accept. Only routes that have refused larger
 * ones are listed.
 */
export type RouteMemory = WeakMap<DatagramDestination, number>

/** Larger than any segment. */
const unlimited = 0xffff
/** Runs sent to a limited member before segments are tried again, in case its route has changed. */
const retryRuns = 1024
const initialCapacity = 16

/**
 * Members of a group whose routes refuse segments above some size, by slot. Such a member receives
 * each packet as a single datagram, which IP fragments if needed.
 *
 * ```text
 * slot        0      1      2
 * largest  [ any | 1372 | any ]   bytes of a segment
 * runsLeft [  -  |  900 |  -  ]   until segments are tried again
 * ```
 */
export class SegmentLimits {
  /** Number of limited members. */
  count = 0
  readonly #memory: RouteMemory
  #largest = new Uint16Array(initialCapacity).fill(unlimited)
  #runsLeft = new Uint16Array(initialCapacity)

  /**
   * @param memory - Shared by the groups of one socket, so that all of them know a destination's
   *   limit.
   */
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

  /** Assigns a slot to a destination. */
  place(slot: number, destination: DatagramDestination): void {
    this.#write(slot, this.#memory.get(destination) ?? unlimited)
  }

  /** Frees the last slot. Unless its destination leaves the group, place it in another slot first. */
  clear(slot: number): void {
    this.#write(slot, unlimited)
  }

  /** Notes that the route of a destination refuses segments of more than `largest` bytes. */
  limit(slot: number, destination: DatagramDestination, largest: number): void {
    this.#memory.set(destination, largest)
    this.#write(slot, largest)
  }

  /** Notes that a limited member was sent a run. Its limit is dropped after 1024 runs. */
  noteRun(slot: number, destination: DatagramDestination): void {
    const runsLeft = (this.#runsLeft[slot] as number) - 1
    this.#runsLeft[slot] = runsLeft
    if (runsLeft > 0) return
    this.#memory.delete(destination)
    this.#write(slot, unlimited)
  }

  /** True if the route of a member is known to refuse segments of this size. */
  refuses(slot: number, segmentBytes: number): boolean {
    return segmentBytes > (this.#largest[slot] as number)
  }

  /** True if a packet of this size is known to be sent in IP fragments. */
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
