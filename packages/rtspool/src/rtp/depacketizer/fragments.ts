/** Collects the fragments of one part (NAL unit or frame) that arrives in several packets. */
export class Fragments {
  #pieces: Buffer[] = []
  #sizeBytes = 0

  get isOpen(): boolean {
    return this.#pieces.length > 0
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  get count(): number {
    return this.#pieces.length
  }

  add(piece: Buffer): void {
    this.#pieces.push(piece)
    this.#sizeBytes += piece.length
  }

  /** Joins the collected fragments in a new buffer, and removes them. */
  join(): Buffer {
    const part = Buffer.concat(this.#pieces, this.#sizeBytes)
    this.reset()
    return part
  }

  reset(): void {
    if (this.#pieces.length > 0) this.#pieces = []
    this.#sizeBytes = 0
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
