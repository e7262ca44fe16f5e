import { EventEmitter } from 'node:events'
import { type Clock, type ClockTimer, hostOf } from 'rtspool'
import type { ApiUsers } from '../../config/users/api-users.js'
import { LoginAttempts } from './login-attempts.js'
import {
  checkLogin,
  type LoginAttempt,
  type LoginRefusal,
  type ProvedLogin,
  questionOf,
  refusalOf,
} from './login-check.js'
import { LoginRecheck } from './login-recheck.js'
import { entryOf, hashOf, newId, newSecret } from './secrets.js'
import type { TokenFacts } from './tokens.js'

const maxLogins = 1000
const maxLoginsPerUser = 20

/** Facts of a login to the API by user name and password, without the token of that login. */
export interface LoginFacts extends TokenFacts {
  readonly user: string
  /** Time at which the login expires, in seconds since 1970. */
  readonly expiresAt: number
}

/** A login that was just created, with the only copy of its token. */
export type NewLogin = LoginFacts & { readonly token: string }

/** A refused login. A number means that the next attempt is allowed after so many seconds. */
export interface RefusedLogin {
  readonly refusal: LoginRefusal | number
}

interface StoredLogin
  extends Omit<LoginFacts, 'expiresAt'>,
    Pick<ProvedLogin, 'mark' | 'external'> {
  readonly sha256: string
  readonly address: string
  /** True for a login by a JWT in place of a token, which is valid at any address until it expires. */
  readonly isByToken: boolean
  /** Latest time at which the login expires, in seconds since 1970, whatever the login hook answers. */
  readonly lastsUntil: number
  expiresAt: number
  timer: ClockTimer | undefined
  recheck: LoginRecheck | undefined
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
 * Logins of users by password or JWT. Each login by password is a token that is valid for some hours. All logins are
 * stored in memory only.
 */
export class Logins extends EventEmitter<LoginsEvents> {
  readonly #options: LoginsOptions
  /** Logins by their id, in the order of their creation. */
  readonly #logins = new Map<string, StoredLogin>()
  readonly #attempts: LoginAttempts

  constructor(options: LoginsOptions) {
    super()
    this.#options = options
    this.#attempts = new LoginAttempts(options.clock)
  }

  get size(): number {
    return this.#logins.size
  }

  /**
   * Checks a user's password, and creates a login.
   *
   * @param isPrivate - True if others on the network could not read the password.
   * @returns The login with its token, or the reason for a refusal.
   */
  async logIn(
    user: string,
    password: string,
    address: string,
    isPrivate = false,
  ): Promise<NewLogin | RefusedLogin> {
    const asked = { user, password, address, isPrivate }
    const host = hostOf(address)
    const attempt = this.#attempts.take(user, host)
    if (typeof attempt === 'number') return { refusal: attempt }
    const proved = await checkLogin(asked, this.#options.users)
    if (proved === 'wrong') return { refusal: proved }
    this.#attempts.giveBack(attempt)
    if (proved === 'forbidden' || 'unavailable' in proved) return { refusal: proved }
    this.#attempts.noteKnown(user, host)
    const token = newSecret('login_')
    const login = this.#create(proved, { token, address, isByToken: false })
    login.recheck = this.#startRecheck(login, proved, asked)
    return { ...factsOf(login), token }
  }

  /**
   * Creates a login for a JWT that a client sends with its requests, in place of a token of the API.
   *
   * @returns The login, or the reason for a refusal; `undefined` for a text that is no JWT, or if no JWT opens the API.
   */
  async acceptToken(
    token: string,
    address: string,
  ): Promise<LoginFacts | RefusedLogin | undefined> {
    const { external } = this.#options.users()
    const answer = await external?.askRoleOfToken(token)
    if (!answer || !external) return undefined
    if ('refuse' in answer) return { refusal: refusalOf(answer) }
    // Another request may have brought the same token meanwhile.
    const known = this.find(token, address)
    const proved = { ...answer, external, mark: undefined }
    return known ?? factsOf(this.#create(proved, { token, address, isByToken: true }))
  }

  /**
   * Finds the login of a token that a client sent.
   *
   * @returns `undefined` for an unknown token, and for one whose user has another role at this
   * address.
   */
  find(token: string, address: string): LoginFacts | undefined {
    const found = entryOf(token, this.#logins.values())
    return found && this.#isValid(found, address) ? factsOf(found) : undefined
  }

  /**
   * Ends the login of a caller, so that its token is no longer accepted.
   *
   * @returns False for an unknown id, and for a JWT, which stays valid until it expires.
   */
  logOut(id: string): boolean {
    const login = this.#logins.get(id)
    if (!login || login.isByToken) return false
    this.#end(login)
    return true
  }

  /**
   * Ends the logins of users whom a reload has removed, or whose password or role has changed. Ends external logins if
   * the reload has changed the hook or the keys of JWTs.
   */
  recheck(): void {
    const users = this.#options.users()
    for (const login of [...this.#logins.values()]) {
      const hasSameSecret = login.external !== undefined || users.markOf(login.user) === login.mark
      if (!hasSameSecret || !this.#isValid(login, login.address)) this.#end(login)
    }
  }

  /** Cancels the timers at which logins expire or are asked about again. Idempotent. */
  close(): void {
    for (const login of this.#logins.values()) stopTimers(login)
  }

  #isValid({ user, role, external, isByToken, address }: StoredLogin, from: string): boolean {
    const users = this.#options.users()
    if (!external) return users.roleOf(user, from) === role
    if (users.external !== external) return false
    // The hook has decided for one host, and decides about no user of the configuration.
    return isByToken || (!users.has(user) && hostOf(address) === hostOf(from))
  }

  #end(login: StoredLogin): void {
    if (!this.#logins.delete(login.id)) return
    stopTimers(login)
    this.emit('ended', login.id)
  }

  #create(
    { user, role, mark, external, expiresAt = Number.POSITIVE_INFINITY }: ProvedLogin,
    {
      token,
      address,
      isByToken,
    }: Pick<NewLogin, 'token'> & Pick<StoredLogin, 'address' | 'isByToken'>,
  ): StoredLogin {
    this.#makeRoom(user)
    const { clock, lifetimeSeconds } = this.#options
    const now = clock.unixTimeMs()
    const lastsUntil = now / 1000 + lifetimeSeconds
    const login: StoredLogin = {
      ...{ id: newId(), user, name: user, role, address, mark, external, isByToken },
      ...{ sha256: hashOf(token), createdTime: new Date(now).toISOString(), lastsUntil },
      ...{ expiresAt: lastsUntil, timer: undefined, recheck: undefined },
    }
    this.#logins.set(login.id, login)
    this.#endAt(login, expiresAt)
    return login
  }

  /** Sets the time at which a login expires, in seconds since 1970. The lifetime of all logins is the limit. */
  #endAt(login: StoredLogin, seconds: number): void {
    const { clock } = this.#options
    login.timer?.cancel()
    login.expiresAt = Math.min(login.lastsUntil, seconds)
    const delayMs = Math.max(0, login.expiresAt * 1000 - clock.unixTimeMs())
    login.timer = clock.schedule(() => this.#end(login), delayMs, false)
  }

  /** Starts to ask the hook again about a login, with the same password, if its answer says so. */
  #startRecheck(
    login: StoredLogin,
    proved: ProvedLogin,
    asked: LoginAttempt,
  ): LoginRecheck | undefined {
    const { external, recheckSeconds } = proved
    if (!external || recheckSeconds === undefined) return undefined
    const question = questionOf(asked, true)
    return new LoginRecheck(this.#options.clock, {
      grant: proved,
      ask: () => external.askRole(question),
      renew: ({ expiresAt }) => {
        if (expiresAt !== undefined) this.#endAt(login, expiresAt)
      },
      end: () => this.#end(login),
    })
  }

  /**
   * Ends the oldest login of a user who has the maximum number of logins, or else the oldest of all at the common
   * maximum.
   */
  #makeRoom(user: string): void {
    const all = [...this.#logins.values()]
    const own = all.filter((login) => login.user === user)
    const oldest = own.length >= maxLoginsPerUser ? own[0] : all.length >= maxLogins && all[0]
    if (oldest) this.#end(oldest)
  }
}

function stopTimers({ timer, recheck }: StoredLogin): void {
  timer?.cancel()
  recheck?.stop()
}

const factsOf = ({ id, user, name, role, createdTime, expiresAt }: StoredLogin): LoginFacts => ({
  ...{ id, user, name, role, createdTime, expiresAt },
})
