import { MalformedMessageError } from '../errors.js'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const equals = 0x3d
const invalid = 0xff
const skipped = 0xfe
/** Value of each character code in base64: six bits, {@link skipped} for CR, LF, space and tab, or {@link invalid}. */
const table = new Uint8Array(256).fill(invalid)
for (let at = 0; at < alphabet.length; at++) table[alphabet.charCodeAt(at)] = at
for (const space of '\r\n \t') table[space.charCodeAt(0)] = skipped

const groupDigits = 4

/**
 * Decodes base64 that arrives in pieces of any size. The text may contain line ends, and padding in
 * the middle, because clients encode each request separately (FFmpeg 5.1, GStreamer 1.22).
 *
 * @see RFC 4648 section 4; the tunnel of QuickTime, which ONVIF describes
 */
export class Base64Stream {
  #bits = 0
  /** Number of base64 digits received of the current group of four, including padding. */
  #digits = 0
  #padding = 0
  #offset = 0

  /**
   * Decodes a piece of base64. Up to three digits of an incomplete group are stored until the next piece.
   *
   * @returns Decoded bytes in their own memory.
   * @throws {MalformedMessageError} `ERR_HTTP_TUNNEL_BASE64`; nothing may be pushed after it.
   */
  push(chunk: Buffer): Buffer {
    const decoded = Buffer.allocUnsafe(Math.ceil(((chunk.length + groupDigits) * 3) / groupDigits))
    let length = 0
    for (let at = 0; at < chunk.length; at++) {
      const code = chunk[at] as number
      const digit = table[code] as number
      if (digit === skipped) continue
      if (code === equals) this.#pad(at)
      else if (digit === invalid || this.#padding > 0) this.#refuse(at)
      this.#bits = (this.#bits << 6) | (code === equals ? 0 : digit)
      this.#digits++
      if (this.#digits === groupDigits) {
        decoded[length] = this.#bits >>> 16
        decoded[length + 1] = this.#bits >>> 8
        decoded[length + 2] = this.#bits
        length += 3 - this.#padding
        this.#bits = this.#digits = this.#padding = 0
      }
    }
    this.#offset += chunk.length
    return decoded.subarray(0, length)
  }

  /**
   * Counts the padding character at index `at` of the piece, or throws if it is not one of the last
   * two digits of a group.
   */
  #pad(at: number): void {
    if (this.#digits < 2) this.#refuse(at)
    this.#padding++
  }

  #refuse(at: number): never {
    const offset = this.#offset + at
    throw new MalformedMessageError('ERR_HTTP_TUNNEL_BASE64', `not base64 at byte ${offset}`, {
      context: { offset },
    })
  }
}
