import { randomBytes } from 'node:crypto'
import {
  type AccessRight,
  type Clock,
  type ClockTimer,
  hostOf,
  type LoginAnswer,
  type LoginContext,
  type LoginRefusal,
} from 'rtspool'
import { ConcurrencyLimit, QueueFullError } from '../concurrency-limit.js'
import { type HttpAnswer, HttpExchange } from '../http-exchange.js'
import { type Receiver, receiverOf, signedHeaders } from '../receiver.js'
import type { RoleAnswer, RoleQuestion } from '../role-answer.js'
import { AnswerCache } from './answer-cache.js'
import { loginAnswerOf, roleAnswerOf } from './hook-answer.js'

/** Parts of the credentials that may be sent to a login hook. */
export const credentialParts = ['user', 'password', 'token'] as const
export type CredentialPart = (typeof credentialParts)[number]

/** Actions about which a login hook can be asked; `api` is the login to the control API and its page. */
export const hookActions = ['read', 'publish', 'talk', 'api'] as const
export type HookAction = AccessRight | 'api'

/** URL, limits and keys of a login hook, to which {@link HookLogins} sends requests. */
export interface HookOptions {
  /**
   * URL of the login hook, with `http` or `https`. Its user and password are sent as Basic
   * authentication.
   */
  readonly url: string
  readonly timeoutSeconds: number
  /** Seconds for which an answer that accepts a client is cached; 0 = no caching. */
  readonly cacheYesSeconds: number
  readonly cacheNoSeconds: number
  /**
   * Maximum number of requests to the hook at a time, each over one connection. Rechecks of running
   * sessions have separate connections, a quarter as many, so that many new clients do not delay
   * them.
   */
  readonly maxConnections: number
  /**
   * Maximum number of requests to the hook that wait, at most a quarter of them from one host.
   * Further logins fail.
   */
  readonly maxWaiting: number
  readonly actions: readonly HookAction[]
  readonly credentials: readonly CredentialPart[]
  /** True if the hook is asked about Digest as well, which its answer helps to check. */
  readonly digest: boolean
  /** Realm of the server, for which the hook computes HA1. */
  readonly realm: string
  /** Key with which requests to the hook are signed; `undefined` = no signature. */
  readonly secret: string | undefined
  /** Certificates of the accepted authorities in PEM; `undefined` = those that Node trusts. */
  readonly ca: string | undefined
}

/** Share of the waiting requests to the login hook that may come from one host. */
const shareOfHost = 1 / 4

/**
 * Sends login requests to an HTTP server, which decides whether a client is allowed what it
 * requests.
 */
export class HookLogins {
  readonly #options: HookOptions
  readonly #clock: Clock
  readonly #receiver: Receiver
  readonly #exchange: HttpExchange
  readonly #limit: ConcurrencyLimit
  readonly #recheckLimit: ConcurrencyLimit
  readonly #cache: AnswerCache

  /**
   * Creates the client of the hook.
   *
   * @throws {TypeError} The URL is invalid.
   */
  constructor(options: HookOptions, clock: Clock) {
    const { url, maxConnections, maxWaiting, ca } = options
    this.#options = options
    this.#clock = clock
    this.#receiver = receiverOf(url)
    const forRechecks = Math.ceil(maxConnections / 4)
    this.#exchange = new HttpExchange({ maxConnections: maxConnections + forRechecks, ca })
    const maxWaitingPerHost = Math.ceil(maxWaiting * shareOfHost)
    this.#limit = new ConcurrencyLimit(maxConnections, { maxWaiting, maxWaitingPerHost })
    this.#recheckLimit = new ConcurrencyLimit(forRechecks)
    this.#cache = new AnswerCache(clock)
  }

  /**
   * Sends a login request to the hook, unless the answer is remembered. A recheck always sends one.
   * Never throws.
   *
   * @returns The answer; `undefined` for an action that {@link HookOptions.actions} does not list, and for Digest
   * without {@link HookOptions.digest}.
   */
  async ask(context: LoginContext): Promise<LoginAnswer> {
    if (!this.#options.actions.includes(context.action)) return undefined
    if (context.scheme === 'Digest' && !this.#options.digest) return undefined
    const key = this.#keyOf(context)
    const known = context.isRecheck ? undefined : this.#cache.find(key)
    if (known) return known
    const answer = await this.#askInTime(context, (signal) => this.#askLogin(context, signal))
    this.#cache.note(key, answer, this.#cacheSeconds(answer))
    return answer
  }

  /**
   * Asks the hook for the role of a user in the control API. The answer is not remembered. Never throws.
   *
   * @returns `undefined` if {@link HookOptions.actions} does not list `api`.
   */
  async askRole(question: RoleQuestion): Promise<RoleAnswer | undefined> {
    if (!this.opensApi) return undefined
    return this.#askInTime(question, async (signal) => {
      const { user, password, address, isSecure, isRecheck } = question
      const facts = { action: 'api', address, isSecure, isRecheck, scheme: 'Basic' }
      const given = this.#credentialsOf({ user, password, token: undefined })
      const unixSeconds = this.#unixSeconds()
      return roleAnswerOf(await this.#send({ ...facts, ...given }, signal), user, unixSeconds)
    })
  }

  /** True if the hook may give users roles in the control API. */
  get opensApi(): boolean {
    return this.#options.actions.includes('api')
  }

  /** Closes the connections to the hook after the requests under way, and removes all cached answers. */
  close(): void {
    this.#exchange.close()
    this.#cache.clear()
  }

  #keyOf(context: LoginContext): string {
    // The user counts even if the hook does not get it: the answer makes it the owner of the session.
    const { action, path, address, algorithm, user, password, token } = context
    return this.#cache.keyOf([action, path, address, algorithm, user, password, token])
  }

  #cacheSeconds(answer: LoginAnswer): number {
    const { cacheYesSeconds, cacheNoSeconds } = this.#options
    if (answer === undefined) return 0
    if ('refuse' in answer) return answer.refuse === 'unavailable' ? 0 : cacheNoSeconds
    const { expiresAt = Number.POSITIVE_INFINITY } = answer
    return Math.min(cacheYesSeconds, expiresAt - this.#clock.unixTimeMs() / 1000)
  }

  /**
   * Sends a request to the hook, and waits for a free connection and the response; both together
   * must not take longer than the timeout. For rechecks of running sessions, the wait for a
   * connection does not count, because it is no failure of the hook.
   */
  async #askInTime<Answer>(
    { isRecheck, address, signal }: Pick<LoginContext, 'isRecheck' | 'address' | 'signal'>,
    send: (signal: AbortSignal) => Promise<Answer>,
  ): Promise<Answer | LoginRefusal> {
    const stop = new AbortController()
    let why = 'the client has gone'
    const leave = (): void => stop.abort()
    const atTimeout = (seconds: number): void => {
      why = `the hook did not answer in ${seconds} s`
      stop.abort()
    }
    let timer = isRecheck ? undefined : this.#startTimer(atTimeout)
    signal.addEventListener('abort', leave)
    if (signal.aborted) leave()
    const ask = async (): Promise<Answer> => {
      timer ??= this.#startTimer(atTimeout)
      stop.signal.throwIfAborted()
      return send(stop.signal)
    }
    try {
      const limit = isRecheck ? this.#recheckLimit : this.#limit
      return await limit.run(ask, { host: hostOf(address), signal: stop.signal })
    } catch (error) {
      if (!stop.signal.aborted) why = reasonOf(error)
      return { refuse: 'unavailable', why }
    } finally {
      timer?.cancel()
      signal.removeEventListener('abort', leave)
    }
  }

  #startTimer(atTimeout: (seconds: number) => void): ClockTimer {
    const { timeoutSeconds } = this.#options
    return this.#clock.schedule(() => atTimeout(timeoutSeconds), timeoutSeconds * 1000, false)
  }

  async #askLogin(context: LoginContext, signal: AbortSignal): Promise<LoginAnswer> {
    const facts = { ...factsOf(context), ...this.#digestOf(context) }
    const unixSeconds = this.#unixSeconds()
    const answer = await this.#send({ ...facts, ...this.#credentialsOf(context) }, signal)
    return loginAnswerOf(answer, context, unixSeconds)
  }

  /** Sends a signed request to the hook, and returns the response. */
  #send(facts: object, signal: AbortSignal): Promise<HttpAnswer> {
    const body = JSON.stringify(facts)
    const id = randomBytes(12).toString('base64url')
    const unixSeconds = this.#unixSeconds()
    const headers = signedHeaders({ id, unixSeconds, body }, this.#options.secret)
    return this.#exchange.ask(this.#receiver, { method: 'POST', headers, body, signal })
  }

  #unixSeconds(): number {
    return Math.floor(this.#clock.unixTimeMs() / 1000)
  }

  /** Returns the facts from which the hook computes HA1; empty for other credentials than Digest. */
  #digestOf({ algorithm }: LoginContext): object {
    return algorithm === undefined ? {} : { algorithm, realm: this.#options.realm }
  }

  #credentialsOf(given: Pick<LoginContext, CredentialPart>): object {
    const { credentials } = this.#options
    return Object.fromEntries(credentials.map((part) => [part, given[part]]))
  }
}

/** Returns the facts about a client's request that are sent to the login hook, besides the credentials. */
function factsOf(context: LoginContext): object {
  const { action, path, address, session, connectionId, isRecheck, scheme } = context
  const { userAgent, transport, isSecure, tunnel } = context
  return {
    ...{ action, path, address, session: session?.publicId, connection: connectionId },
    ...{ userAgent, transport, isSecure, tunnel, isRecheck, scheme },
  }
}

/** Returns the message of an error for the log. It contains neither the URL nor the sent data. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'the hook cannot be reached'
  if (error instanceof QueueFullError) return `${error.message} for the hook`
  const { code } = error as NodeJS.ErrnoException
  return `the hook cannot be reached: ${code ?? error.message}`
}
