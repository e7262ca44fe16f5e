import { createHash } from 'node:crypto'

/** Hash functions of Digest authentication, in the order in which they are offered (RFC 7616 section 3.7). */
export const digestAlgorithms = Object.freeze(['SHA-256', 'MD5'] as const)

export type DigestAlgorithm = (typeof digestAlgorithms)[number]

const hashNames: Readonly<Record<DigestAlgorithm, string>> = { 'SHA-256': 'sha256', MD5: 'md5' }

/** Bytes of a hash. */
export const hashBytes: Readonly<Record<DigestAlgorithm, number>> = { 'SHA-256': 32, MD5: 16 }

const hash = (algorithm: DigestAlgorithm, text: string): string =>
  createHash(hashNames[algorithm]).update(text, 'utf8').digest('hex')

/**
 * What a server keeps of a user instead of the password: `H(user:realm:password)`, 64 (SHA-256) or 32 (MD5)
 * hexadecimal digits. As good as the password for whoever steals it, but in this realm only.
 *
 * @throws {TypeError} When one of the three is no string.
 *
 * @see RFC 7616 section 3.4.2
 */
export function digestHa1(
  algorithm: DigestAlgorithm,
  username: string,
  realm: string,
  password: string,
): string {
  const isText = [username, realm, password].every((part) => typeof part === 'string')
  if (!isText) throw new TypeError('digestHa1 needs user, realm and password as strings')
  return hash(algorithm, `${username}:${realm}:${password}`)
}

/** What goes into a response beside HA1. */
export interface DigestInput {
  readonly method: string
  readonly uri: string
  readonly nonce: string
  /** With `nc` and `cnonce`; without all three, as in RFC 2069. */
  readonly qop?: string
  readonly nc?: string
  readonly cnonce?: string
}

/**
 * The response of a client, in hexadecimal digits.
 *
 * @param ha1 - In hexadecimal digits of lower case.
 * @see RFC 7616 section 3.4.1
 */
export function digestResponse(
  algorithm: DigestAlgorithm,
  ha1: string,
  input: DigestInput,
): string {
  const { method, uri, nonce, qop, nc, cnonce } = input
  const ha2 = hash(algorithm, `${method}:${uri}`)
  const middle = qop === undefined ? nonce : `${nonce}:${nc}:${cnonce}:${qop}`
  return hash(algorithm, `${ha1}:${middle}:${ha2}`)
}
