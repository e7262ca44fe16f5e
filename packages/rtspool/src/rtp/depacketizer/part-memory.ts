/** Minimum size in bytes of a memory block: several pictures of 2 Mbit/s, or one key frame. */
const blockBytes = 64 * 1024
/** Maximum size in bytes of a block that is kept for later units. */
const maxKeptBytes = 1024 * 1024
/** Maximum bytes of all blocks that are kept for later units. */
const maxFreeBytes = 4 * 1024 * 1024

/** Unused blocks of all streams in the process; the one used last is at the end. */
const freeBlocks: Buffer[] = []
let freeBytes = 0

function takeBlock(sizeBytes: number): Buffer {
  for (let index = freeBlocks.length - 1; index >= 0; index--) {
    const block = freeBlocks[index] as Buffer
    if (block.length < sizeBytes) continue
    freeBlocks.splice(index, 1)
    freeBytes -= block.length
    return block
  }
  let roundBytes = blockBytes
  while (roundBytes < sizeBytes) roundBytes *= 2
  return Buffer.allocUnsafeSlow(roundBytes)
}

function giveBack(blocks: Buffer[]): void {
  for (const block of blocks) {
    if (block.length > maxKeptBytes || freeBytes + block.length > maxFreeBytes) continue
    freeBlocks.push(block)
    freeBytes += block.length
  }
  blocks.length = 0
}

/**
 * Memory for the parts (NAL units) of one access unit after the other, in blocks that all streams of the process use
 * again. A unit needs no new memory then, and none of its parts is a view of a packet.
 *
 * ```text
 * append, append, close ─▶ part ┐
 * append, close ─────────▶ part ┴ lend ─▶ unit, valid until release
 * ```
 */
export class PartMemory {
  /** Blocks of the present unit; parts are appended to the last one. */
  readonly #blocks: Buffer[] = []
  /** Blocks of the units that were lent to the caller. */
  readonly #lent: Buffer[] = []
  #block: Buffer | undefined
  /** Offset in the last block of the open part, and the end of its bytes. */
  #start = 0
  #end = 0

  /** Appends a copy of `bytes` to the open part. */
  append(bytes: Uint8Array): void {
    const block = this.#roomFor(bytes.length)
    block.set(bytes, this.#end)
    this.#end += bytes.length
  }

  /** Appends one byte to the open part. */
  appendByte(byte: number): void {
    this.#roomFor(1)[this.#end++] = byte
  }

  /** Ends the open part. @returns The part, valid until {@link release} or {@link clear}. */
  close(): Buffer {
    const part = this.#roomFor(0).subarray(this.#start, this.#end)
    this.#start = this.#end
    return part
  }

  /** Drops the bytes of the open part. */
  drop(): void {
    this.#end = this.#start
  }

  /** Drops all parts of the present unit. */
  clear(): void {
    giveBack(this.#blocks)
    this.#begin()
  }

  /** Ends the present unit, whose parts stay valid until {@link release}. */
  lend(): void {
    for (const block of this.#blocks) this.#lent.push(block)
    this.#blocks.length = 0
    this.#begin()
  }

  /** Frees the memory of all units that were lent. */
  release(): void {
    if (this.#lent.length > 0) giveBack(this.#lent)
  }

  #begin(): void {
    this.#block = undefined
    this.#start = 0
    this.#end = 0
  }

  /** Returns the block of the open part, with room for `sizeBytes` more. A full block is left with the open part moved. */
  #roomFor(sizeBytes: number): Buffer {
    const full = this.#block
    if (full && full.length - this.#end >= sizeBytes) return full
    const openBytes = this.#end - this.#start
    const block = takeBlock(openBytes + sizeBytes)
    if (full) block.set(full.subarray(this.#start, this.#end))
    this.#blocks.push(block)
    this.#block = block
    this.#start = 0
    this.#end = openBytes
    return block
  }
}
