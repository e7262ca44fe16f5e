/**
 * A new reader is sent what it begins with in portions: all at once would overflow its socket, whose default is
 * room for about 90 full packets.
 */
const portionPackets = 32

/** What a reader on its way from the last key frame to the live edge has still to be sent. */
export class CatchUpQueue {
  #packets: Buffer[]
  /** Of the first that has not been sent: taking packets off the front would move all the others. */
  #next = 0
  /** Packets that have come since the last portion: these go on top, or it would never get there. */
  #arrived = 0

  /** @param first - What the reader begins with. */
  constructor(first: readonly Buffer[]) {
    this.#packets = first.slice()
  }

  get isEmpty(): boolean {
    return this.#next === this.#packets.length
  }

  /** Those that have not been sent, oldest first. */
  get packets(): readonly Buffer[] {
    return this.#packets.slice(this.#next)
  }

  push(packets: readonly Buffer[]): void {
    for (const packet of packets) this.#packets.push(packet)
    this.#arrived += packets.length
  }

  /** Takes the packets that are to be sent now. */
  takePortion(): readonly Buffer[] {
    const portion = this.#packets.slice(this.#next, this.#next + portionPackets + this.#arrived)
    this.#next += portion.length
    this.#arrived = 0
    // Each packet moves once at most on average, and what has been sent is not held for long.
    if (this.#next * 2 >= this.#packets.length) {
      this.#packets = this.#packets.slice(this.#next)
      this.#next = 0
    }
    return portion
  }
}
