import { hostOf } from '../../host-of.js'

/** Users of hosts that are remembered at the same time. */
const maxLogins = 10_000
/** How long, in milliseconds. */
const lifetimeMs = 60 * 60 * 1000
/** Nonces of one user that are remembered: those of the last connections. */
const maxNonces = 4

interface Login {
  readonly at: number
  readonly nonces: readonly string[]
}

/**
 * Users who have logged in lately, each from a host. A guesser at the same address is none of them, so that these need
 * not wait behind guesses.
 */
export class RecentLogins {
  /** By host and user, those first that have logged in the longest time ago. */
  readonly #logins = new Map<string, Login>()

  get size(): number {
    return this.#logins.size
  }

  /** @param nonce - That was used; `undefined` with Basic. */
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

  /** Whether the user has logged in with this nonce, which nobody else knows. */
  hasNonce(address: string, user: string, nonce: string, now: number): boolean {
    return this.#find(address, user, now)?.nonces.includes(nonce) ?? false
  }

  #find(address: string, user: string, now: number): Login | undefined {
    const login = this.#logins.get(keyOf(address, user))
    return login && now - login.at <= lifetimeMs ? login : undefined
  }
}

/** No address has a space in it. */
const keyOf = (address: string, user: string): string => `${hostOf(address)} ${user}`
