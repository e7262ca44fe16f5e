import type { DatagramDestination } from './datagram-group.js'

/**
 * Maximum segment size in bytes that the route to a destination accepts; 0 = no segments. Contains only destinations
 * whose routes have refused larger segments.
 */
export type RouteMemory = WeakMap<DatagramDestination, number>

/** Segment size above any possible one: the route has no known limit. */
const unlimited = 0xffff
/**
 * Number of batches that are sent packet by packet to a member whose route refuses segments, before segments are tried
 * again. The route may have changed.
 */
const retryRuns = 1024
const initialCapacity = 16

/**
 * Segment sizes that the routes of a group's members accept, by the index (slot) of the member. A
 * member whose route refuses segments is sent each packet as a single datagram, which IP fragments
 * if needed.
 *
 * ```text
 * slot        0      1      2
 * largest  [ any | 1372 | any ]   bytes of a segment
 * runsLeft [  -  |  900 |  -  ]   until segments are tried again
 * ```
 */
export class SegmentLimits {
  /** Number of members whose routes are known to refuse segments of some size. */
  count = 0
  readonly #memory: RouteMemory
  #largest = new Uint16Array(initialCapacity).fill(unlimited)
  #runsLeft = new Uint16Array(initialCapacity)

  /**
   * Creates an empty table.
   *
   * @param memory - Shared by the groups of one socket, so that all of them know the limit of a
   * destination.
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

  /**
   * Assigns a slot (the index of a member) to a destination, with the limit on segments that is known for its route.
   */
  place(slot: number, destination: DatagramDestination): void {
    this.#write(slot, this.#memory.get(destination) ?? unlimited)
  }

  /**
   * Clears the last slot of the table. If its member stays in the group, the member must be placed in another slot
   * afterwards.
   */
  clear(slot: number): void {
    this.#write(slot, unlimited)
  }

  /**
   * Limits the segments sent to a destination: its route refuses those of more than `largest` bytes; 0 = all segments.
   */
  limit(slot: number, destination: DatagramDestination, largest: number): void {
    this.#memory.set(destination, largest)
    this.#write(slot, largest)
  }

  /**
   * Counts a batch that was sent packet by packet, because of the limit, to one member. After {@link retryRuns} batches
   * the limit is dropped.
   */
  noteRun(slot: number, destination: DatagramDestination): void {
    const runsLeft = (this.#runsLeft[slot] as number) - 1
    this.#runsLeft[slot] = runsLeft
    if (runsLeft > 0) return
    this.#memory.delete(destination)
    this.#write(slot, unlimited)
  }

  /** Returns whether the route of a member is known to refuse segments of `segmentBytes` bytes. */
  refuses(slot: number, segmentBytes: number): boolean {
    return segmentBytes > (this.#largest[slot] as number)
  }

  /**
   * Returns whether IP is known to fragment a packet of `sizeBytes` bytes to a member; `false` for a route that refuses
   * all segments.
   */
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
