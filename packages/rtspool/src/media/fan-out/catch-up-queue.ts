/**
 * Number of packets sent at a time to a new viewer of a track. All packets at once would overflow
 * the receive buffer of the viewer's socket, which holds about 90 full packets by default.
 */
const portionPackets = 32

/**
 * Packets still to be sent to a new UDP viewer of a track, from the last key frame to the newest
 * packet. A caller sends them in portions.
 */
export class CatchUpQueue {
  #packets: Buffer[]
  /** Index of the first unsent packet. Removing each sent packet from the array would move all the others. */
  #next = 0
  /**
   * Number of packets added since the last portion. The next portion is larger by this number: otherwise the queue
   * would never become empty.
   */
  #arrived = 0
  /** Time of the first wait after the last portion, in milliseconds of the caller's clock. */
  #waitingSince: number | undefined

  /**
   * Creates the queue of one viewer.
   *
   * @param first - Cached packets that the viewer is sent first, from the last key frame on. The
   * array is copied.
   */
  constructor(first: readonly Buffer[]) {
    this.#packets = first.slice()
  }

  get isEmpty(): boolean {
    return this.#next === this.#packets.length
  }

  /** Unsent packets, oldest first. */
  get packets(): readonly Buffer[] {
    return this.#packets.slice(this.#next)
  }

  push(packets: readonly Buffer[]): void {
    for (const packet of packets) this.#packets.push(packet)
    this.#arrived += packets.length
  }

  /**
   * Removes the next portion (the oldest packets) from the queue, and returns it for sending now.
   */
  takePortion(): readonly Buffer[] {
    const portion = this.#packets.slice(this.#next, this.#next + portionPackets + this.#arrived)
    this.#next += portion.length
    this.#arrived = 0
    this.#waitingSince = undefined
    // On average each packet moves at most once, and sent packets are not held for long.
    if (this.#next * 2 >= this.#packets.length) {
      this.#packets = this.#packets.slice(this.#next)
      this.#next = 0
    }
    return portion
  }

  /**
   * Notes that a portion had to wait. Packets that have arrived meanwhile do not make the next portion larger.
   *
   * @param now - Milliseconds of the caller's clock.
   * @returns Milliseconds since the first wait after the last portion.
   */
  noteWait(now: number): number {
    this.#arrived = 0
    this.#waitingSince ??= now
    return now - this.#waitingSince
  }

  /** Drops all packets. @returns Number of dropped packets */
  clear(): number {
    const count = this.#packets.length - this.#next
    this.#packets = []
    this.#next = 0
    return count
  }
}
