import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { hostOf } from '../../host-of.js'

/**
 * Number of bytes of the time in a nonce. Parts of a nonce, in hexadecimal digits:
 *
 * ```text
 * | time, ms: 6 bytes | random: 8 | HMAC-SHA256(secret, connection random), first 8 |
 * | HMAC-SHA256(secret, all of that and the host), first 16 |
 * ```
 */
const timeBytes = 6
const randomLength = 8
const tagBytes = 8
const macBytes = 16
const nonceBytes = timeBytes + randomLength + tagBytes + macBytes

/**
 * Maximum number of nonces whose counts are remembered. Beyond it, the oldest nonces become
 * invalid.
 */
const maxCounted = 16_384
/**
 * Number of requests with one nonce that may arrive out of order, because they were sent on several
 * connections.
 */
const windowSize = 32

/**
 * Counts (`nc`) with which a nonce has been used: the highest, and 32 bits for it and the 31 counts
 * below. Bit 0 is the highest count.
 */
interface Uses {
  readonly issuedAt: number
  highest: number
  seen: number
}

/**
 * Creates and checks nonces. The server recognises its own nonces by an HMAC, so that a nonce needs
 * no memory until its first use. Each is valid for one client host and a limited time.
 *
 * A nonce with a count (`qop`) is valid on any connection. Without a count, it is valid only on the
 * connection on which it was issued. Otherwise the server could not distinguish a request from a
 * replay.
 *
 * @see RFC 7616 sections 3.3, 5.4 and 5.5
 */
export class Nonces {
  /** Milliseconds for which a nonce is valid after it was issued. */
  lifetimeMs: number
  readonly #key = randomBytes(32)
  /** Random bytes of each connection, from which its nonces are derived. */
  readonly #connections = new WeakMap<object, Buffer>()
  readonly #maxCounted: number
  readonly #uses = new Map<string, Uses>()
  /**
   * Time, in monotonic milliseconds, up to which issued nonces are invalid, because the server no
   * longer remembers their counts.
   */
  #forgottenUntil = Number.NEGATIVE_INFINITY

  /**
   * Creates the checker of the nonces of a server.
   *
   * @param lifetimeMs - Milliseconds for which a nonce is valid.
   * @param limit - Maximum number of nonces whose counts are remembered. Beyond it, clients with the oldest nonces
   *   must get new ones.
   */
  constructor(lifetimeMs: number, limit = maxCounted) {
    this.lifetimeMs = lifetimeMs
    this.#maxCounted = limit
  }

  /** Number of nonces for which the use of counts (`nc`) is remembered. */
  get countedSize(): number {
    return this.#uses.size
  }

  /**
   * Creates a nonce for a client.
   *
   * @param address - Address of the client; its host alone may use the nonce.
   * @param now - Monotonic milliseconds, from which the lifetime of the nonce counts.
   * @param connection - Object that identifies the connection.
   */
  issue(address: string, now: number, connection: object): string {
    const random = randomBytes(randomLength)
    const head = Buffer.concat([Buffer.alloc(timeBytes), random, this.#tag(random, connection)])
    head.writeUIntBE(Math.floor(now), 0, timeBytes)
    return Buffer.concat([head, this.#mac(head, address)]).toString('hex')
  }

  /**
   * Returns whether this server has issued the nonce to this address, and the nonce has not expired.
   *
   * @param now - Monotonic milliseconds.
   */
  isFresh(nonce: string, address: string, now: number): boolean {
    const issuedAt = this.#issuedAt(nonce, address)
    return (
      issuedAt !== undefined && now - issuedAt <= this.lifetimeMs && issuedAt > this.#forgottenUntil
    )
  }

  /**
   * Returns whether a fresh nonce was issued on this connection.
   *
   * @param nonce - Nonce for which {@link isFresh} has returned `true`.
   */
  isOf(nonce: string, connection: object): boolean {
    const bytes = Buffer.from(nonce, 'hex')
    const random = bytes.subarray(timeBytes, timeBytes + randomLength)
    const tag = bytes.subarray(timeBytes + randomLength, -macBytes)
    return timingSafeEqual(tag, this.#tag(random, connection))
  }

  /**
   * Records that a fresh nonce is used with a count.
   *
   * @param count - Value of the client's `nc`.
   * @returns `false` if the nonce was used with this count before, or the count is too far below
   * the highest one.
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
    // Only one spelling is valid, or each spelling would have counts of its own.
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

  /**
   * Removes expired nonces, and then, if needed, the oldest ones. Nonces are in the order of first
   * use.
   */
  #makeRoom(now: number): void {
    for (const [nonce, { issuedAt }] of this.#uses) {
      const isExpired = now - issuedAt > this.lifetimeMs
      if (!isExpired && this.#uses.size < this.#maxCounted) return
      if (!isExpired) this.#forgottenUntil = Math.max(this.#forgottenUntil, issuedAt)
      this.#uses.delete(nonce)
    }
  }
}
