/**
 * Writes numbers and bytes one after the other, big endian. Messages are short: all parts are
 * joined into one buffer at the end.
 */
export class ByteWriter {
  readonly #bytes: number[] = []

  uint8(value: number): this {
    this.#bytes.push(value & 0xff)
    return this
  }

  uint32(value: number): this {
    return this.uint8(value >>> 24)
      .uint8(value >>> 16)
      .uint8(value >>> 8)
      .uint8(value)
  }

  bytes(bytes: Buffer): this {
    for (const byte of bytes) this.#bytes.push(byte)
    return this
  }

  /** Calls `write`, and inserts a 16-bit length before the bytes that it writes. */
  sized(write: () => void): this {
    const at = this.#bytes.length
    this.uint8(0).uint8(0)
    write()
    const length = this.#bytes.length - at - 2
    this.#bytes[at] = length >>> 8
    this.#bytes[at + 1] = length & 0xff
    return this
  }

  toBuffer(): Buffer {
    return Buffer.from(this.#bytes)
  }
}
