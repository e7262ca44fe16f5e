import { EventEmitter } from 'node:events'
import { type Clock, type ClockTimer, hostOf } from 'rtspool'
import type { Role } from '../../access/roles.js'
import type { ApiUsers } from '../../config/users/api-users.js'
import { GuessLimit } from './guess-limit.js'
import { entryOf, hashOf, newId, newSecret } from './secrets.js'
import type { TokenFacts } from './tokens.js'

const hostRate = { burst: 10, perMinute: 10 }
/** Rate of attempts for one user from a host on which this user has logged in before. */
const knownRate = { burst: 10, perMinute: 10 }
/** Rate of attempts for one user, over all hosts on which the user has not logged in before. */
const userRate = { burst: 50, perMinute: 20 }
const maxLogins = 1000
const maxLoginsPerUser = 20
const maxKnownHosts = 1000

/** Facts of a login to the API by user name and password, without the token of that login. */
export interface LoginFacts extends TokenFacts {
  readonly user: string
  /** Time at which the login expires, in seconds since 1970. */
  readonly expiresAt: number
}

/** A login that was just created, with the only copy of its token. */
export type NewLogin = LoginFacts & { readonly token: string }

/**
 * Reason for a refused login: `wrong` user or password, or `forbidden` for a user without a role at
 * the address. A number means that the next attempt is allowed after so many seconds.
 */
export type LoginRefusal = 'wrong' | 'forbidden' | number

interface StoredLogin extends LoginFacts {
  readonly sha256: string
  readonly address: string
  /** Hash of the user's stored password at the time of the login. When that password changes, the login ends. */
  readonly mark: string | undefined
  readonly timer: ClockTimer
}

export interface LoginsOptions {
  /** Returns the users in the present configuration, which a reload may change. */
  readonly users: () => ApiUsers
  readonly clock: Clock
  readonly lifetimeSeconds: number
}

export interface LoginsEvents {
  /** Emitted after a login has ended, with its id. */
  ended: [id: string]
}

/**
 * Logins of users by password. Each login is a token that is valid for some hours, and is stored in
 * memory only.
 */
export class Logins extends EventEmitter<LoginsEvents> {
  readonly #options: LoginsOptions
  /** Logins by their id, in the order of their creation. */
  readonly #logins = new Map<string, StoredLogin>()
  readonly #hosts: GuessLimit
  readonly #users: GuessLimit
  readonly #knownUsers: GuessLimit
  /** Pairs of a user and a host from which that user has logged in before, each as `user host`. */
  readonly #known = new Set<string>()

  constructor(options: LoginsOptions) {
    super()
    this.#options = options
    this.#hosts = new GuessLimit(options.clock, hostRate)
    this.#users = new GuessLimit(options.clock, userRate)
    this.#knownUsers = new GuessLimit(options.clock, knownRate)
  }

  get size(): number {
    return this.#logins.size
  }

  /** Checks a user's password, and creates a login. @returns The login with its token, or the reason for a refusal. */
  async logIn(
    user: string,
    password: string,
    address: string,
  ): Promise<NewLogin | { readonly refusal: LoginRefusal }> {
    const users = this.#options.users()
    const host = hostOf(address)
    const attempt = this.#takeAttempt(user, host)
    if (typeof attempt === 'number') return { refusal: attempt }
    if (users.isEmpty || !(await users.isRight(user, password))) return { refusal: 'wrong' }
    // A reload may have changed or removed the user while the password was checked.
    const present = this.#options.users()
    if (present.markOf(user) !== users.markOf(user)) return { refusal: 'wrong' }
    for (const [limit, key] of attempt) limit.giveBack(key)
    this.#noteKnown(user, host)
    const role = present.roleOf(user, address)
    if (role === undefined) return { refusal: 'forbidden' }
    return this.#create(user, role, address, present.markOf(user))
  }

  /**
   * Finds the login of a token that a client sent.
   *
   * @returns `undefined` for an unknown token, and for one whose user has another role at this
   * address.
   */
  find(token: string, address: string): LoginFacts | undefined {
    const found = entryOf(token, this.#logins.values())
    const isValid = found && this.#options.users().roleOf(found.user, address) === found.role
    return isValid ? factsOf(found) : undefined
  }

  /** Ends a login, so that its token is no longer accepted. @returns False for an unknown id. */
  end(id: string): boolean {
    const login = this.#logins.get(id)
    if (!login) return false
    this.#logins.delete(id)
    login.timer.cancel()
    this.emit('ended', id)
    return true
  }

  /** Ends the logins of users whom a reload has removed, or whose password or role has changed. */
  recheck(): void {
    const users = this.#options.users()
    for (const { id, user, role, address, mark } of [...this.#logins.values()]) {
      const isSame = users.roleOf(user, address) === role && users.markOf(user) === mark
      if (!isSame) this.end(id)
    }
  }

  /** Cancels the timers at which logins expire. Idempotent. */
  close(): void {
    for (const { timer } of this.#logins.values()) timer.cancel()
  }

  /**
   * Uses up an attempt to log in. A user who has logged in from this host before has separate attempts, which other
   * clients on the host cannot use up.
   *
   * @returns The attempts to give back after a right password, or the seconds until the next one.
   */
  #takeAttempt(user: string, host: string): Attempt | number {
    const key = knownKey(user, host)
    const isKnown = this.#known.has(key)
    if (isKnown && this.#knownUsers.take(key) === 0) return [[this.#knownUsers, key]]
    const wait = this.#hosts.take(host)
    if (wait > 0) return wait
    const ofHost = [this.#hosts, host] as const
    return isKnown ? [ofHost] : this.#users.take(user) || [ofHost, [this.#users, user]]
  }

  #noteKnown(user: string, host: string): void {
    const key = knownKey(user, host)
    if (this.#known.has(key)) return
    const [oldest] = this.#known
    if (this.#known.size >= maxKnownHosts && oldest !== undefined) this.#known.delete(oldest)
    this.#known.add(key)
  }

  #create(user: string, role: Role, address: string, mark: string | undefined): NewLogin {
    this.#makeRoom(user)
    const { clock, lifetimeSeconds } = this.#options
    const token = newSecret('login_')
    const now = clock.unixTimeMs()
    const id = newId()
    const login: StoredLogin = {
      ...{ id, user, name: user, role, address, mark, sha256: hashOf(token) },
      createdTime: new Date(now).toISOString(),
      expiresAt: now / 1000 + lifetimeSeconds,
      timer: clock.schedule(() => this.end(id), lifetimeSeconds * 1000, false),
    }
    this.#logins.set(id, login)
    return { ...factsOf(login), token }
  }

  /**
   * Ends the oldest login of a user who has the maximum number of logins, or else the oldest of all at the common
   * maximum.
   */
  #makeRoom(user: string): void {
    const all = [...this.#logins.values()]
    const own = all.filter((login) => login.user === user)
    const oldest = own.length >= maxLoginsPerUser ? own[0] : all.length >= maxLogins && all[0]
    if (oldest) this.end(oldest.id)
  }
}

/** Attempts that one check of a password has used up, to be given back if the password is right. */
type Attempt = readonly (readonly [limit: GuessLimit, key: string])[]

const knownKey = (user: string, host: string): string => `${user} ${host}`

const factsOf = ({ id, user, name, role, createdTime, expiresAt }: StoredLogin): LoginFacts => ({
  ...{ id, user, name, role, createdTime, expiresAt },
})
