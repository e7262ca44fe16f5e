import { RequestError } from '../errors.js'

/**
 * Throws the error for a message that the server cannot use.
 *
 * @param reason - Text without any received bytes, which may be a key.
 * @throws {RequestError} `ERR_KEY_MANAGEMENT`
 */
export function refuseMikey(reason: string): never {
  throw new RequestError('ERR_KEY_MANAGEMENT', `MIKEY: ${reason}`)
}

/**
 * Reads numbers (big endian) and byte strings one after the other. Throws {@link refuseMikey}'s
 * error when the message is too short.
 */
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

  /** Reads the next `count` bytes of the message. @returns A view of the message, not a copy. */
  bytes(count: number): Buffer {
    const start = this.#take(count)
    return this.#bytes.subarray(start, start + count)
  }

  /**
   * Skips bytes of the message, or throws {@link refuseMikey}'s error if fewer remain. @returns The offset of the
   * skipped bytes.
   */
  #take(count: number): number {
    if (count > this.remainingBytes) {
      refuseMikey(`expected ${count} bytes at offset ${this.#offset}, got ${this.remainingBytes}`)
    }
    this.#offset += count
    return this.#offset - count
  }
}
