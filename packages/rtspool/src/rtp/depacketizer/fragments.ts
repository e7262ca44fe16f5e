import type { PartMemory } from './part-memory.js'

/**
 * Maximum number of fragments of one part that are kept as views. Further ones are copied, because a view keeps the
 * whole received chunk in memory, mostly 64 KiB.
 */
const maxViews = 32
const nothing = Buffer.alloc(0)

/** Collects the fragments of one part (NAL unit or frame) that arrives in several packets. */
export class Fragments {
  /** Latest fragments of the part, as views of received packets. */
  #pieces: Buffer[] = []
  /** Buffer whose first {@link #copiedBytes} bytes are the earlier fragments; the rest is room for more. */
  #copied = nothing
  #copiedBytes = 0
  #sizeBytes = 0
  #count = 0
  readonly #memory: PartMemory | undefined

  /** @param memory - Memory to which fragments are copied at once; `undefined` = each part gets memory of its own. */
  constructor(memory?: PartMemory) {
    this.#memory = memory
  }

  get isOpen(): boolean {
    return this.#count > 0
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  get count(): number {
    return this.#count
  }

  add(piece: Buffer): void {
    this.#sizeBytes += piece.length
    this.#count++
    if (this.#memory) {
      this.#memory.append(piece)
      return
    }
    this.#pieces.push(piece)
    if (this.#pieces.length > maxViews) this.#copy()
  }

  /** Adds the header of the part, one or two bytes, which packets of fragments do not contain. */
  addHeader(first: number, second?: number): void {
    const memory = this.#memory
    if (!memory) {
      this.add(Buffer.from(second === undefined ? [first] : [first, second]))
      return
    }
    memory.appendByte(first)
    if (second !== undefined) memory.appendByte(second)
    this.#sizeBytes += second === undefined ? 1 : 2
    this.#count++
  }

  /** Joins the collected fragments in a new buffer, or in the given memory, and removes them. */
  join(): Buffer {
    if (this.#memory) {
      const part = this.#memory.close()
      this.reset()
      return part
    }
    const copied = this.#copied.subarray(0, this.#copiedBytes)
    const part = Buffer.concat([copied, ...this.#pieces], this.#sizeBytes)
    this.reset()
    return part
  }

  reset(): void {
    if (this.#count === 0) return
    this.#sizeBytes = 0
    this.#count = 0
    if (this.#memory) {
      this.#memory.drop()
      return
    }
    this.#pieces = []
    this.#copied = nothing
    this.#copiedBytes = 0
  }

  #copy(): void {
    if (this.#copied.length < this.#sizeBytes) {
      const larger = Buffer.allocUnsafeSlow(2 * this.#sizeBytes)
      this.#copied.copy(larger, 0, 0, this.#copiedBytes)
      this.#copied = larger
    }
    for (const piece of this.#pieces) {
      this.#copiedBytes += piece.copy(this.#copied, this.#copiedBytes)
    }
    this.#pieces = []
  }
}

const lengthBytes = 2

/**
 * Appends to `parts` the units of an aggregation packet, each of which follows its length of 16
 * bits.
 *
 * @param start - Offset of the first length in the payload.
 * @returns `false` if a unit is cut off, or if there is none; then none is appended.
 */
export function appendAggregated(payload: Buffer, start: number, parts: Buffer[]): boolean {
  const count = parts.length
  let offset = start
  while (offset < payload.length) {
    const unit = offset + lengthBytes
    const end = unit > payload.length ? unit : unit + payload.readUInt16BE(offset)
    if (end > payload.length) {
      parts.length = count
      return false
    }
    if (end > unit) parts.push(payload.subarray(unit, end))
    offset = end
  }
  return parts.length > count
}
