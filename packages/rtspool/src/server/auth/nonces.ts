import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { hostOf } from '../../host-of.js'

/**
 * ```text
 * | time, ms: 6 bytes | random: 8 | HMAC-SHA256(secret, connection random), first 8 |
 * | HMAC-SHA256(secret, all of that and the host), first 16 |  in hexadecimal digits
 * ```
 */
const timeBytes = 6
const randomLength = 8
const tagBytes = 8
const macBytes = 16
const nonceBytes = timeBytes + randomLength + tagBytes + macBytes

/** Nonces with a count that are remembered at the same time. */
const maxCounted = 16_384
/** Requests that may overtake one another, on several connections. */
const windowSize = 32

/** How often a nonce was used: the highest count, and which of the 32 up to it came (bit 0 is the highest). */
interface Uses {
  readonly issuedAt: number
  highest: number
  seen: number
}

/**
 * Nonces that need no memory until they are used: the server knows its own by their HMAC. Each is good for one
 * client host for a limited time: with a count (`qop`) on any connection, without one on the connection that it was
 * issued on, since nothing else tells a request from its repetition.
 *
 * @see RFC 7616 sections 3.3, 5.4 and 5.5
 */
export class Nonces {
  readonly #key = randomBytes(32)
  /** A number of its own for each connection. */
  readonly #connections = new WeakMap<object, Buffer>()
  readonly #lifetimeMs: number
  readonly #maxCounted: number
  readonly #uses = new Map<string, Uses>()
  /** Nonces of this time and before are not good any more: their counts had to be forgotten. */
  #forgottenUntil = Number.NEGATIVE_INFINITY

  /** @param limit - Nonces of which counts are kept; with more, the oldest have to be fetched anew. */
  constructor(lifetimeMs: number, limit = maxCounted) {
    this.#lifetimeMs = lifetimeMs
    this.#maxCounted = limit
  }

  /** Nonces of which counts are kept. */
  get countedSize(): number {
    return this.#uses.size
  }

  /**
   * @param now - Monotonic milliseconds.
   * @param connection - Identity of the connection that asks.
   */
  issue(address: string, now: number, connection: object): string {
    const random = randomBytes(randomLength)
    const head = Buffer.concat([Buffer.alloc(timeBytes), random, this.#tag(random, connection)])
    head.writeUIntBE(Math.floor(now), 0, timeBytes)
    return Buffer.concat([head, this.#mac(head, address)]).toString('hex')
  }

  /** Whether the nonce was made here, for this address, and its time is not over. */
  isFresh(nonce: string, address: string, now: number): boolean {
    const issuedAt = this.#issuedAt(nonce, address)
    return (
      issuedAt !== undefined &&
      now - issuedAt <= this.#lifetimeMs &&
      issuedAt > this.#forgottenUntil
    )
  }

  /** Whether a fresh nonce was issued on this connection. */
  isOf(nonce: string, connection: object): boolean {
    const bytes = Buffer.from(nonce, 'hex')
    const random = bytes.subarray(timeBytes, timeBytes + randomLength)
    const tag = bytes.subarray(timeBytes + randomLength, -macBytes)
    return timingSafeEqual(tag, this.#tag(random, connection))
  }

  /**
   * Takes one use of a fresh nonce.
   *
   * @param count - `nc`.
   * @returns Whether it had not been used with this count before.
   */
  use(nonce: string, count: number, now: number): boolean {
    const uses = this.#uses.get(nonce)
    if (!uses) {
      this.#makeRoom(now)
      const issuedAt = Buffer.from(nonce, 'hex').readUIntBE(0, timeBytes)
      this.#uses.set(nonce, { issuedAt, highest: count, seen: 1 })
      return true
    }
    const ahead = count - uses.highest
    if (ahead > 0) {
      uses.seen = ahead < windowSize ? (uses.seen << ahead) | 1 : 1
      uses.highest = count
      return true
    }
    const bit = 1 << -ahead
    if (-ahead >= windowSize || (uses.seen & bit) !== 0) return false
    uses.seen |= bit
    return true
  }

  #issuedAt(nonce: string, address: string): number | undefined {
    if (nonce.length !== nonceBytes * 2) return undefined
    const bytes = Buffer.from(nonce, 'hex')
    // One spelling only, or each would have counts of its own.
    if (bytes.toString('hex') !== nonce) return undefined
    const head = bytes.subarray(0, -macBytes)
    if (!timingSafeEqual(bytes.subarray(-macBytes), this.#mac(head, address))) return undefined
    return head.readUIntBE(0, timeBytes)
  }

  #tag(random: Buffer, connection: object): Buffer {
    const known = this.#connections.get(connection)
    const number = known ?? randomBytes(randomLength)
    if (!known) this.#connections.set(connection, number)
    return createHmac('sha256', this.#key)
      .update(number)
      .update(random)
      .digest()
      .subarray(0, tagBytes)
  }

  #mac(head: Buffer, address: string): Buffer {
    return createHmac('sha256', this.#key)
      .update(head)
      .update(hostOf(address), 'utf8')
      .digest()
      .subarray(0, macBytes)
  }

  /** In order of first use: what has expired goes, and then, where that is not enough, what is oldest. */
  #makeRoom(now: number): void {
    for (const [nonce, { issuedAt }] of this.#uses) {
      const isExpired = now - issuedAt > this.#lifetimeMs
      if (!isExpired && this.#uses.size < this.#maxCounted) return
      if (!isExpired) this.#forgottenUntil = Math.max(this.#forgottenUntil, issuedAt)
      this.#uses.delete(nonce)
    }
  }
}
