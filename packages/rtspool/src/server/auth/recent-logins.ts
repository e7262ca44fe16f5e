import { hostOf } from '../../host-of.js'

/**
 * Maximum number of logins (host and user) that are remembered; beyond it, the oldest is forgotten.
 */
const maxLogins = 10_000
/** Milliseconds for which a user's login is remembered. */
const lifetimeMs = 60 * 60 * 1000
/**
 * Maximum number of nonces remembered for one login, which are those of the login's latest
 * connections.
 */
const maxNonces = 4

interface Login {
  readonly at: number
  readonly nonces: readonly string[]
}

/**
 * Remembers which users have logged in within the last hour, and from which hosts. Such users need not wait behind
 * somebody who guesses passwords from the same address.
 */
export class RecentLogins {
  /** Remembered logins, by host and user as one text; the oldest login is the first. */
  readonly #logins = new Map<string, Login>()

  get size(): number {
    return this.#logins.size
  }

  /**
   * Remembers that a user has logged in from an address.
   *
   * @param nonce - Nonce of the credentials; `undefined` with Basic.
   * @param now - Monotonic milliseconds.
   */
  note(address: string, user: string, nonce: string | undefined, now: number): void {
    const key = keyOf(address, user)
    const before = this.#logins.get(key)?.nonces ?? []
    this.#logins.delete(key)
    const isNew = nonce !== undefined && !before.includes(nonce)
    this.#logins.set(key, {
      at: now,
      nonces: isNew ? [...before, nonce].slice(-maxNonces) : before,
    })
    if (this.#logins.size <= maxLogins) return
    const [oldest = ''] = this.#logins.keys()
    this.#logins.delete(oldest)
  }

  has(address: string, user: string, now: number): boolean {
    return this.#find(address, user, now) !== undefined
  }

  /**
   * Returns whether the user has logged in with this nonce. Only the user's client knows such a
   * nonce.
   */
  hasNonce(address: string, user: string, nonce: string, now: number): boolean {
    return this.#find(address, user, now)?.nonces.includes(nonce) ?? false
  }

  #find(address: string, user: string, now: number): Login | undefined {
    const login = this.#logins.get(keyOf(address, user))
    return login && now - login.at <= lifetimeMs ? login : undefined
  }
}

/**
 * Returns the key under which a user's login from a host is remembered. The separator is a space, because no address
 * contains one.
 */
const keyOf = (address: string, user: string): string => `${hostOf(address)} ${user}`
