/**
 * Packets sent to a new reader at a time. All packets at once would overflow the reader's socket,
 * whose default is room for about 90 full packets.
 */
const portionPackets = 32

/**
 * Packets still to be sent to a reader that is catching up from the last key frame to the live
 * edge.
 */
export class CatchUpQueue {
  #packets: Buffer[]
  /** Index of the first unsent packet: removing packets at the front would move all the others. */
  #next = 0
  /**
   * Packets added since the last portion. They are sent in addition, or the reader would never
   * catch up.
   */
  #arrived = 0

  /** @param first - Packets that the reader begins with. */
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

  /** Removes and returns the packets to be sent now. */
  takePortion(): readonly Buffer[] {
    const portion = this.#packets.slice(this.#next, this.#next + portionPackets + this.#arrived)
    this.#next += portion.length
    this.#arrived = 0
    // On average each packet moves at most once, and sent packets are not held for long.
    if (this.#next * 2 >= this.#packets.length) {
      this.#packets = this.#packets.slice(this.#next)
      this.#next = 0
    }
    return portion
  }
}
