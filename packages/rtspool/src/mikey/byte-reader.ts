import { RequestError } from '../errors.js'

/** @throws {RequestError} `ERR_KEY_MANAGEMENT`, without any received bytes, which may be a key. */
export function refuseMikey(reason: string): never {
  throw new RequestError('ERR_KEY_MANAGEMENT', `MIKEY: ${reason}`)
}

/** Reads consecutive bytes; refuses the message if they are missing. */
export class ByteReader {
  readonly #bytes: Buffer
  #offset = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get remainingBytes(): number {
    return this.#bytes.length - this.#offset
  }

  uint8(): number {
    return this.#bytes[this.#take(1)] as number
  }

  uint16(): number {
    return this.#bytes.readUInt16BE(this.#take(2))
  }

  uint32(): number {
    return this.#bytes.readUInt32BE(this.#take(4))
  }

  /** Returns a view of the next bytes. */
  bytes(count: number): Buffer {
    const start = this.#take(count)
    return this.#bytes.subarray(start, start + count)
  }

  /** @returns The offset of the bytes. */
  #take(count: number): number {
    if (count > this.remainingBytes) {
      refuseMikey(`expected ${count} bytes at offset ${this.#offset}, got ${this.remainingBytes}`)
    }
    this.#offset += count
    return this.#offset - count
  }
}
