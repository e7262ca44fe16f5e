import { type DigestAlgorithm, digestAlgorithms, digestHa1, hashBytes } from '../../auth/digest.js'
import { checkOptions, isRecord, kindOf } from '../../option-checks.js'
import { isHa1, type UserSecret } from './secrets.js'

/**
 * Checks the users of `auth`, and returns the secret of each by name, without a password.
 *
 * @throws {TypeError} Names the user and the expected value, but never a password.
 */
export function resolveUsers(
  users: Readonly<Record<string, UserSecret>>,
  realm: string,
  algorithms: readonly DigestAlgorithm[],
): ReadonlyMap<string, UserSecret> {
  // The value may contain passwords: the message tells its type only.
  if (!isRecord(users)) {
    throw new TypeError(`auth.users must be an object of secrets by name, got ${kindOf(users)}`)
  }
  const resolved = new Map<string, UserSecret>()
  for (const [name, secret] of Object.entries(users)) {
    if (name === '' || isUnsendable(name) || name.includes(':')) {
      throw new TypeError(
        `auth.users: a name must have no colon and no control character, got '${name}'`,
      )
    }
    resolved.set(name, resolveSecret(name, secret, realm, algorithms))
  }
  return resolved
}

/**
 * Converts a user's secret to HA1 of each offered algorithm, so that memory contains no password.
 */
function resolveSecret(
  name: string,
  secret: UserSecret,
  realm: string,
  algorithms: readonly DigestAlgorithm[],
): UserSecret {
  if (typeof secret === 'string' && secret !== '') {
    const all = new Set<DigestAlgorithm>(['SHA-256', ...algorithms])
    return {
      ha1: Object.fromEntries(
        [...all].map((algorithm) => [algorithm, digestHa1(algorithm, name, realm, secret)]),
      ),
    }
  }
  if (!isRecord(secret) || !isRecord(secret.ha1)) {
    throw new TypeError(`auth.users: '${name}' must have a password or { ha1 }`)
  }
  checkOptions(`auth.users: '${name}'`, secret, ['ha1'])
  checkOptions(`ha1 of auth.users: '${name}'`, secret.ha1, digestAlgorithms)
  for (const algorithm of algorithms) {
    if (secret.ha1[algorithm] === undefined) {
      throw new TypeError(
        `auth.users: '${name}' must have ha1 of ${algorithm}, or leave it out of algorithms`,
      )
    }
  }
  for (const algorithm of digestAlgorithms) checkHa1(name, algorithm, secret.ha1[algorithm])
  if (digestAlgorithms.every((algorithm) => secret.ha1[algorithm] === undefined)) {
    throw new TypeError(`auth.users: '${name}' must have ha1 of SHA-256 or MD5`)
  }
  return {
    ha1: Object.fromEntries(
      Object.entries(secret.ha1).map(([algorithm, ha1]) => [algorithm, ha1?.toLowerCase()]),
    ),
  }
}

function checkHa1(name: string, algorithm: DigestAlgorithm, ha1: string | undefined): void {
  const digits = hashBytes[algorithm] * 2
  if (ha1 === undefined || isHa1(ha1, algorithm)) return
  throw new TypeError(
    `auth.users: '${name}' must have ${digits} hexadecimal digits as ha1 of ${algorithm}`,
  )
}

/** Returns whether a text contains C0 control characters or DEL, which no header line can carry. */
export function isUnsendable(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return /[\x00-\x1f\x7f]/.test(text)
}
