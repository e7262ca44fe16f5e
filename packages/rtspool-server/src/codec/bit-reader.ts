/**
 * Reads numbers of a few bits from bytes, highest bit first. Each bit after the end of the bytes counts as 0, and no
 * function throws.
 */
export class BitReader {
  readonly #bytes: Uint8Array
  #offsetBits: number

  constructor(bytes: Uint8Array, offsetBytes = 0) {
    this.#bytes = bytes
    this.#offsetBits = offsetBytes * 8
  }

  /** True once bits after the end of the bytes have been read. */
  get isPastEnd(): boolean {
    return this.#offsetBits > this.#bytes.length * 8
  }

  /**
   * Reads an unsigned number.
   *
   * @param countBits - Number of bits, at most 32.
   */
  read(countBits: number): number {
    let value = 0
    for (let index = 0; index < countBits; index++) {
      const byte = this.#bytes[this.#offsetBits >> 3] ?? 0
      value = value * 2 + ((byte >> (7 - (this.#offsetBits & 7))) & 1)
      this.#offsetBits++
    }
    return value
  }

  skip(countBits: number): void {
    this.#offsetBits += countBits
  }

  /** Reads an unsigned Exp-Golomb code: `ue(v)` of H.264 and H.265. */
  readUe(): number {
    let zeros = 0
    while (zeros < 32 && this.read(1) === 0) zeros++
    return 2 ** zeros - 1 + this.read(zeros)
  }

  /** Reads a signed Exp-Golomb code: `se(v)`. */
  readSe(): number {
    const code = this.readUe()
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2
  }
}

/** Returns a NAL unit without its emulation prevention bytes (H.264 section 7.4.1). */
export function withoutEmulationPrevention(unit: Buffer): Buffer {
  if (!unit.includes(emulationPrevention)) return unit
  const plain = Buffer.allocUnsafe(unit.length)
  let length = 0
  let zeros = 0
  for (const byte of unit) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0
      continue
    }
    plain[length++] = byte
    zeros = byte === 0 ? zeros + 1 : 0
  }
  return plain.subarray(0, length)
}

const emulationPrevention = Buffer.from([0, 0, 3])
