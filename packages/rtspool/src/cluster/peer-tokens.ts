import { createHmac, timingSafeEqual } from 'node:crypto'
import type { NodeTag } from './cluster-store.js'

/** Key, tags and clock of a node. */
export interface PeerTokensOptions {
  /** Key that all nodes share. */
  readonly key: string
  /** Returns the tag of the node, and those that it had before. */
  readonly tags: () => readonly NodeTag[]
  /** Returns the wall time in milliseconds since 1970. */
  readonly unixTimeMs: () => number
}

/** Serial numbers of one sender that were accepted. */
interface Sender {
  /** Time of the latest token, in seconds since 1970. */
  seconds: number
  /** Largest accepted serial number in each place; a number has the place `serial % places`. */
  readonly largest: Float64Array
}

/** Seconds by which the clocks of two nodes may differ. */
export const maxSkewSeconds = 300
const msPerSecond = 1000
/** Tokens of one sender that may overtake each other. */
const places = 4096
/** Maximum number of senders to remember, 32 KiB each. */
const maxSenders = 256
const pattern = /^2 (\d{1,12}) (\d{1,15}) ([0-9a-f]{8}) ([A-Za-z0-9_-]{43})$/

/**
 * Tokens by which nodes of a cluster recognize requests of each other. A token is valid for one request, once, and at one
 * node.
 *
 * ```text
 * 2 1796040000 17 0a1b2c3d fX…3g    version, seconds since 1970, serial number, receiver, HMAC-SHA256
 * ```
 */
export class PeerTokens {
  readonly #options: PeerTokensOptions
  readonly #senders = new Map<NodeTag, Sender>()
  #serial = 0

  /** Creates the tokens of a node that has seen none. */
  constructor(options: PeerTokensOptions) {
    this.#options = options
  }

  /**
   * Returns a token for a request.
   *
   * @param parts - Texts that the token covers, without line breaks. The tag of this node is in one of them.
   */
  sign(receiver: NodeTag, parts: readonly string[]): string {
    const seconds = Math.floor(this.#options.unixTimeMs() / msPerSecond)
    const head = `2 ${seconds} ${++this.#serial} ${receiver}`
    return `${head} ${sumOf(this.#options.key, [head, ...parts]).toString('base64url')}`
  }

  /**
   * Returns whether a token is valid, and notes that it has been used. Each token is accepted once.
   *
   * A token is refused, too, when the same node has received the token with the 4096th serial number after it, and while
   * 256 senders are remembered whose tokens have not expired.
   *
   * @param sender - Node that has signed the token, named in one of the parts; `undefined` = none is named.
   */
  accept(token: string, sender: NodeTag | undefined, parts: readonly string[]): boolean {
    const [, seconds = '', serial = '', receiver = '', sum = ''] = pattern.exec(token) ?? []
    const { key, tags } = this.#options
    if (sender === undefined || sum === '' || !tags().includes(receiver)) return false
    if (!this.#isInTime(Number(seconds))) return false
    const head = token.slice(0, -sum.length - 1)
    if (!isSum(sum, sumOf(key, [head, ...parts]))) return false
    return this.#isFirst(sender, Number(seconds), Number(serial))
  }

  #isInTime(seconds: number): boolean {
    return Math.abs(this.#ageOf(seconds)) <= maxSkewSeconds
  }

  #ageOf(seconds: number): number {
    return this.#options.unixTimeMs() / msPerSecond - seconds
  }

  #isFirst(tag: NodeTag, seconds: number, serial: number): boolean {
    const sender = this.#senders.get(tag) ?? this.#add(tag, seconds)
    if (sender === undefined) return false
    const place = serial % places
    if (serial <= (sender.largest[place] ?? 0)) return false
    sender.largest[place] = serial
    sender.seconds = Math.max(sender.seconds, seconds)
    return true
  }

  /** @returns `undefined` if too many senders are remembered */
  #add(tag: NodeTag, seconds: number): Sender | undefined {
    if (this.#senders.size >= maxSenders) {
      for (const [other, sender] of this.#senders) {
        // Tokens of the future come into time.
        if (this.#ageOf(sender.seconds) > maxSkewSeconds) this.#senders.delete(other)
      }
      if (this.#senders.size >= maxSenders) return undefined
    }
    const sender = { seconds, largest: new Float64Array(places) }
    this.#senders.set(tag, sender)
    return sender
  }
}

/** Returns whether a text is an HMAC. @param text - Base64url */
export function isSum(text: string, expected: Buffer): boolean {
  const given = Buffer.from(text, 'base64url')
  return given.length === expected.length && timingSafeEqual(given, expected)
}

/** Computes the HMAC-SHA256 of texts. */
export const sumOf = (key: string, parts: readonly string[]): Buffer =>
  createHmac('sha256', key).update(parts.join('\n')).digest()
