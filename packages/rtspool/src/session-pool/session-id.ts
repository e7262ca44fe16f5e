import { hash, randomFillSync } from 'node:crypto'
import { disown, isThenable } from '../listeners.js'

/**
 * Creates session ids. A cluster replaces it with a codec that hides the owning node inside an id
 * of the same shape.
 *
 * The id is the secret that lets a client control its session. At least 128 bits of it must come
 * from a cryptographic source (RFC 7826 section 4.3).
 */
export interface IdCodec {
  /**
   * Creates one id, without checking for collisions: the pool asks again if the id is taken.
   *
   * @returns 8 to 128 characters of `A-Z a-z 0-9 _ .`; not `$`, `-` or `+`, which some clients
   *   mangle.
   */
  createId(): string
}

/**
 * Fills a buffer with random bytes before it returns: `randomFillSync` of `node:crypto`, or a test
 * double.
 */
export type RandomFill = (bytes: Uint8Array) => unknown

const bytesPerId = 24 /* 192 bits, 32 characters of 6 bits */
const charactersPerId = 32
const idsPerBlock = 256

// VLC strips `$`, and some clients cannot handle `-`.
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.'
const characterCodes = Uint8Array.from(alphabet, (character) => character.charCodeAt(0))

/**
 * The default {@link IdCodec}: 24 bytes from the operating system's generator as 32 characters. Each character
 * carries six bits, so all characters are equally likely.
 *
 * The codec gets the bytes for 256 ids at a time, since one system call costs as much as making 50 ids. Bytes that
 * have been used are wiped.
 */
export class RandomIdCodec implements IdCodec {
  readonly #fill: RandomFill
  // A buffer of its own, not a view into the pool that all small buffers share.
  readonly #bytes = Buffer.allocUnsafeSlow(bytesPerId * idsPerBlock)
  readonly #codes: number[] = Array.from({ length: charactersPerId }, () => 0)
  #next = this.#bytes.length

  /**
   * Creates a codec.
   *
   * @param fill - Source of random bytes, for tests. @defaultValue `randomFillSync`
   */
  constructor(fill: RandomFill = randomFillSync) {
    this.#fill = fill
  }

  createId(): string {
    if (this.#next === this.#bytes.length) {
      this.#draw()
    }
    const bytes = this.#bytes
    const codes = this.#codes
    let from = this.#next
    for (let to = 0; to < charactersPerId; to += 4) {
      const group =
        ((bytes[from] as number) << 16) |
        ((bytes[from + 1] as number) << 8) |
        (bytes[from + 2] as number)
      codes[to] = characterCodes[group >>> 18] as number
      codes[to + 1] = characterCodes[(group >>> 12) & 63] as number
      codes[to + 2] = characterCodes[(group >>> 6) & 63] as number
      codes[to + 3] = characterCodes[group & 63] as number
      bytes[from] = bytes[from + 1] = bytes[from + 2] = 0
      from += 3
    }
    this.#next = from
    // A separate string: a slice of a longer one would keep the whole block of ids in memory.
    return String.fromCharCode(...codes)
  }

  /**
   * Generates the random bytes for the next ids.
   *
   * @throws {TypeError} when the source does not fill the bytes synchronously, because the ids could then be guessed.
   */
  #draw(): void {
    // Wipes the used bytes, and shows below whether the source has written any.
    const bytes = this.#bytes.fill(0)
    const answer = this.#fill(bytes)
    disown('the source of random bytes', answer)
    const isUntouched = bytes.every((byte) => byte === 0)
    if (isThenable(answer) || isUntouched) {
      const got = isThenable(answer) ? 'a promise' : 'bytes that are all 0'
      throw new TypeError(`a source of random bytes must fill them before it returns, got ${got}`)
    }
    this.#next = 0
  }
}

/** Number of characters of a {@link publicIdOf}, which contain 132 bits of the hash. */
const publicIdLength = 22

/**
 * Returns the public name of a session for logs and APIs: a hash from which nobody can compute the
 * id.
 *
 * @param id - A session id.
 * @returns 22 characters of `A-Z a-z 0-9 _ -`.
 */
export function publicIdOf(id: string): string {
  return hash('sha256', `rtspool session\0${id}`, 'base64url').slice(0, publicIdLength)
}
