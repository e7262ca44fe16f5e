import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from 'rtspool'

/** Parts of a nonce in bytes: time in milliseconds of the clock, random, and an HMAC of both. */
const timeBytes = 6
const randomLength = 8
const macBytes = 16

/**
 * Creates nonces of HTTP Digest, and recognizes them by an HMAC (RFC 7616 section 3.3).
 *
 * Nothing is stored for a nonce: however many strangers ask for one, those of clients stay valid.
 */
export class HttpNonces {
  readonly #clock: Clock
  readonly #lifetimeMs: number
  readonly #key = randomBytes(32)

  /** @param lifetimeMs - Milliseconds for which a nonce is valid. */
  constructor(clock: Clock, lifetimeMs: number) {
    this.#clock = clock
    this.#lifetimeMs = lifetimeMs
  }

  /** Creates a nonce, in hexadecimal digits. */
  issue(): string {
    const head = Buffer.concat([Buffer.alloc(timeBytes), randomBytes(randomLength)])
    head.writeUIntBE(Math.floor(this.#clock.now()), 0, timeBytes)
    return Buffer.concat([head, this.#mac(head)]).toString('hex')
  }

  /** Returns whether a nonce is one of these, and has not expired. */
  isFresh(nonce: string): boolean {
    const bytes = Buffer.from(nonce, 'hex')
    if (bytes.length !== timeBytes + randomLength + macBytes) return false
    const head = bytes.subarray(0, -macBytes)
    if (!timingSafeEqual(bytes.subarray(-macBytes), this.#mac(head))) return false
    return this.#clock.now() - head.readUIntBE(0, timeBytes) < this.#lifetimeMs
  }

  #mac(head: Buffer): Buffer {
    return createHmac('sha256', this.#key).update(head).digest().subarray(0, macBytes)
  }
}
