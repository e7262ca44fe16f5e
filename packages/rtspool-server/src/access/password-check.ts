import { createHmac, randomBytes } from 'node:crypto'
import type { VerifyHook } from 'rtspool'
import { ConcurrencyLimit } from './concurrency-limit.js'
import { Interned } from './interned.js'
import { hashPassword, isPasswordOfHash } from './password-hash.js'

/** Maximum number of hashes computed at a time. Each needs a thread of the process and 32 MiB. */
const maxAtOnce = 2
/**
 * Maximum number of users whose last right password is stored as an HMAC. Clients send the password with each request,
 * and a check of its scrypt hash takes about a tenth of a second.
 */
const maxRemembered = 10_000

/**
 * Checks passwords of users against their scrypt hashes. A right password is remembered, so that further checks are
 * fast.
 */
export class PasswordCheck {
  readonly #hashes: ReadonlyMap<string, string>
  readonly #limit = new ConcurrencyLimit(maxAtOnce)
  readonly #key = randomBytes(32)
  /** HMAC of the last password that proved right, by user name. */
  readonly #right = new Map<string, string>()
  /**
   * Hash of no password, with which the password of an unknown user is compared. Unknown users then
   * take as much time as known ones.
   */
  #nobody: Promise<string> | undefined

  readonly #logN: number | undefined

  /**
   * Creates the check.
   *
   * @param hashes - Hashes by user name.
   * @param logN - Cost, as log2 of N, of the check for an unknown user. @default that of new hashes
   */
  constructor(hashes: ReadonlyMap<string, string>, logN?: number) {
    this.#hashes = hashes
    this.#logN = logN
  }

  async isRight(name: string, password: string): Promise<boolean> {
    const mark = createHmac('sha256', this.#key).update(`${name}:${password}`).digest('base64')
    if (this.#right.get(name) === mark) return true
    const hash = this.#hashes.get(name)
    this.#nobody ??= hashPassword(randomBytes(16).toString('hex'), this.#logN)
    const compared = hash ?? (await this.#nobody)
    const isEqual = await this.#limit.run(() => isPasswordOfHash(password, compared))
    if (!isEqual || hash === undefined) return false
    this.#remember(name, mark)
    return true
  }

  #remember(name: string, mark: string): void {
    if (this.#right.size >= maxRemembered) this.#right.clear()
    this.#right.set(name, mark)
  }
}

const known = new Interned<VerifyHook>()

/**
 * Returns a hook that checks the passwords of users who log in by Basic alone. The same hashes give
 * the same hook, so that a reload does not count as a change.
 *
 * @param isAskedOn - True if external logins may know users without a hash. The hook then returns
 * `undefined` for these users. Digest of a user with a hash is refused, because no other login may decide about it.
 */
export function verifyByHash(
  hashes: ReadonlyMap<string, string>,
  isAskedOn = false,
): VerifyHook | undefined {
  if (hashes.size === 0) return undefined
  return known.get(JSON.stringify([isAskedOn, ...hashes]), () => {
    const check = new PasswordCheck(hashes)
    return ({ user, scheme, password }) => {
      if (scheme !== 'Basic' || password === undefined) return hashes.has(user) ? false : undefined
      return isAskedOn && !hashes.has(user) ? undefined : check.isRight(user, password)
    }
  })
}
