import { randomBytes, timingSafeEqual } from 'node:crypto'
import {
  type DigestAlgorithm,
  digestAlgorithms,
  digestHa1,
  digestResponse,
  hashBytes,
} from '../../auth/digest.js'
import { isRecord } from '../../option-checks.js'
import type { BasicAuthorization, DigestAuthorization } from '../../rtsp/index.js'

/** HA1 (hash of user, realm and password) of a user by hash algorithm; see {@link digestHa1}. */
export type Ha1s = { readonly [A in DigestAlgorithm]?: string }

/** Secret of a user: the password itself, or HA1 for each offered algorithm. */
export type UserSecret = string | { readonly ha1: Ha1s }

/**
 * Returns whether a value can be the secret of a user. An empty password cannot, because it may come from a failed
 * lookup.
 */
export function isUserSecret(value: unknown): value is UserSecret {
  if (typeof value === 'string') return value !== ''
  const ha1 = isRecord(value) ? value.ha1 : undefined
  if (!isRecord(ha1)) return false
  const known = digestAlgorithms.filter((algorithm) => ha1[algorithm] !== undefined)
  return known.length > 0 && known.every((algorithm) => isHa1(ha1[algorithm], algorithm))
}

/** Returns whether a value has the form of an HA1: as many hexadecimal digits as the hash of the algorithm has. */
export function isHa1(value: unknown, algorithm: DigestAlgorithm): boolean {
  const digits = hashBytes[algorithm] * 2
  return typeof value === 'string' && value.length === digits && /^[0-9a-f]+$/i.test(value)
}

/**
 * Creates a secret for unknown users. A comparison with it always fails, after the same work as for
 * a known user.
 *
 * @param isPassword - True if the users' secrets are passwords, from which HA1 must be computed.
 */
export function nobodysSecret(isPassword: boolean): UserSecret {
  const random = (algorithm: DigestAlgorithm) => randomBytes(hashBytes[algorithm]).toString('hex')
  if (isPassword) return random('MD5')
  return { ha1: { 'SHA-256': random('SHA-256'), MD5: random('MD5') } }
}

/** Returns whether two secrets are equal: the same password, or HA1 with the same hash for each algorithm. */
export function isSameSecret(one: UserSecret, other: UserSecret): boolean {
  if (typeof one === 'string' || typeof other === 'string') return one === other
  return digestAlgorithms.every(
    (algorithm) => one.ha1[algorithm]?.toLowerCase() === other.ha1[algorithm]?.toLowerCase(),
  )
}

/**
 * Returns HA1 of a user for an algorithm: computed from a password, or as stored.
 *
 * @returns `undefined` if none is stored for the algorithm.
 */
export function ha1From(
  secret: UserSecret,
  algorithm: DigestAlgorithm,
  username: string,
  realm: string,
): string | undefined {
  if (typeof secret === 'string') return digestHa1(algorithm, username, realm, secret)
  return secret.ha1[algorithm]?.toLowerCase()
}

/**
 * Returns whether the `response` in Digest credentials was computed from the given HA1 of a user. Takes constant
 * time.
 */
export function isResponseOf(
  ha1: string,
  algorithm: DigestAlgorithm,
  method: string,
  authorization: DigestAuthorization,
): boolean {
  const expected = digestResponse(algorithm, ha1, { method, ...authorization })
  return isEqualHex(expected, authorization.response)
}

/** Returns whether the given HA1 was computed from the password in Basic credentials. Takes constant time. */
export function isPasswordOf(
  ha1: string,
  algorithm: DigestAlgorithm,
  realm: string,
  { username, password }: BasicAuthorization,
): boolean {
  return isEqualHex(ha1, digestHa1(algorithm, username, realm, password))
}

/**
 * Returns the algorithm with which to check the password of Basic credentials: the strongest one for which the secret
 * contains an HA1.
 */
export function strongestOf(secret: UserSecret): DigestAlgorithm {
  if (typeof secret === 'string') return 'SHA-256'
  return digestAlgorithms.find((algorithm) => secret.ha1[algorithm] !== undefined) ?? 'MD5'
}

/**
 * Returns the algorithm of a Digest response. Old clients do not send its name (RFC 2069), so the
 * length of the response decides.
 *
 * @returns `undefined` if name and length belong to no known algorithm.
 */
export function algorithmOf({
  algorithm,
  response,
}: DigestAuthorization): DigestAlgorithm | undefined {
  const candidate =
    algorithm === undefined
      ? digestAlgorithms.find((known) => response.length === hashBytes[known] * 2)
      : digestAlgorithms.find((known) => known === algorithm.toUpperCase())
  return candidate && response.length === hashBytes[candidate] * 2 ? candidate : undefined
}

function isEqualHex(expected: string, received: string): boolean {
  const [left, right] = [Buffer.from(expected, 'hex'), Buffer.from(received, 'hex')]
  return left.length === right.length && timingSafeEqual(left, right)
}
