import { createHash } from 'node:crypto'

/** Hash functions of Digest authentication, in the order in which they are offered (RFC 7616 section 3.7). */
export const digestAlgorithms = Object.freeze(['SHA-256', 'MD5'] as const)

export type DigestAlgorithm = (typeof digestAlgorithms)[number]

const hashNames: Readonly<Record<DigestAlgorithm, string>> = { 'SHA-256': 'sha256', MD5: 'md5' }

/** Lengths in bytes of the hash that each Digest algorithm computes. */
export const hashBytes: Readonly<Record<DigestAlgorithm, number>> = { 'SHA-256': 32, MD5: 16 }

const hash = (algorithm: DigestAlgorithm, text: string): string =>
  createHash(hashNames[algorithm]).update(text, 'utf8').digest('hex')

/**
 * Computes HA1, which a server stores in place of a password: `H(user:realm:password)` in 64
 * (SHA-256) or 32 (MD5) hexadecimal digits. A stolen HA1 is as good as the password, but in this
 * realm only.
 *
 * @throws {TypeError} If one of the three is not a string.
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

/** Values from which the response of a Digest login is hashed, besides the user's HA1. */
export interface DigestInput {
  readonly method: string
  readonly uri: string
  readonly nonce: string
  /**
   * Quality of protection; present together with `nc` and `cnonce`. All three are absent in RFC
   * 2069.
   */
  readonly qop?: string
  readonly nc?: string
  readonly cnonce?: string
}

/**
 * Computes the parameter `response` of Digest credentials, in hexadecimal digits.
 *
 * @param ha1 - Lower-case hexadecimal digits.
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
