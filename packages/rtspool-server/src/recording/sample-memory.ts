/** Bytes of one memory block for samples: a picture at 2 Mbit/s has some 8 kB, a fragment of 1 s some 250 kB. */
const blockBytes = 32 * 1024
/** Maximum number of unused memory blocks to keep for later fragments; 8 MiB together. */
const maxFreeBlocks = 256

const freeBlocks: Buffer[] = []

/** Size in bytes of the length in front of a NAL unit in a sample. */
export const lengthBytes = 4

/**
 * Bytes of samples, one after the other, in blocks of memory that all recordings share and use again. A sample that waits
 * for its fragment holds no packet, and a fragment needs no new memory.
 *
 * ```text
 *  block: [ sample | sample | sam ] [ ple | sample | free ]
 * ```
 */
export class SampleMemory {
  #blocks: Buffer[] = []
  /** Number of bytes of the last block that samples occupy; the next sample follows them. */
  #usedBytes = blockBytes

  /** Appends a copy of a sample, whose bytes are in `pieces`. */
  add(pieces: readonly Buffer[]): void {
    for (const piece of pieces) this.#add(piece)
  }

  /** Appends a copy of a sample of NAL units, and puts the length of each in front of it. */
  addUnits(units: readonly Buffer[]): void {
    for (const unit of units) {
      this.#addLength(unit.length)
      this.#add(unit)
    }
  }

  get sizeBytes(): number {
    return this.#blocks.length * blockBytes - (blockBytes - this.#usedBytes)
  }

  /** Returns all bytes as views of the blocks, valid until {@link release} or {@link truncate}. */
  get pieces(): Buffer[] {
    const last = this.#blocks.length - 1
    return this.#blocks.map((block, index) =>
      index === last ? block.subarray(0, this.#usedBytes) : block,
    )
  }

  /** Removes the bytes from `offset` on (in bytes), and returns a copy of them, which belongs to the caller. */
  truncate(offset: number): Buffer {
    const all = Buffer.concat(this.pieces)
    this.release()
    this.add([all.subarray(0, offset)])
    return all.subarray(offset)
  }

  /** Removes all bytes, and leaves the blocks to other fragments. No view of a block may be in use. */
  release(): void {
    const room = maxFreeBlocks - freeBlocks.length
    for (const block of this.#blocks.slice(0, room)) freeBlocks.push(block)
    this.#blocks = []
    this.#usedBytes = blockBytes
  }

  #add(piece: Buffer): void {
    for (let copied = 0; copied < piece.length; ) {
      const count = piece.copy(this.#room(), this.#usedBytes, copied)
      this.#usedBytes += count
      copied += count
    }
  }

  #addLength(length: number): void {
    if (this.#usedBytes <= blockBytes - lengthBytes) {
      this.#usedBytes = this.#room().writeUInt32BE(length, this.#usedBytes)
      return
    }
    // The length crosses the end of a block, or begins one.
    const bytes = Buffer.allocUnsafe(lengthBytes)
    bytes.writeUInt32BE(length)
    this.#add(bytes)
  }

  /** Returns the last memory block, or a further one if the last one is full. */
  #room(): Buffer {
    const last = this.#blocks.at(-1)
    if (last && this.#usedBytes < blockBytes) return last
    const block = freeBlocks.pop() ?? Buffer.allocUnsafeSlow(blockBytes)
    this.#blocks.push(block)
    this.#usedBytes = 0
    return block
  }
}
