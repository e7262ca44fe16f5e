import { randomBytes } from 'node:crypto'
import {
  type AccessRight,
  type Clock,
  type ClockTimer,
  hostOf,
  type LoginAnswer,
  type LoginContext,
} from 'rtspool'
import { AnswerCache } from './answer-cache.js'
import { ConcurrencyLimit, QueueFullError } from './concurrency-limit.js'
import { loginAnswerOf } from './hook-answer.js'
import { HttpExchange } from './http-exchange.js'
import { type Receiver, receiverOf, signedHeaders } from './receiver.js'

/** Parts of the credentials that a hook may get. */
export const credentialParts = ['user', 'password', 'token'] as const
export type CredentialPart = (typeof credentialParts)[number]

/** Settings of {@link HookLogins}. */
export interface HookOptions {
  /** URL with `http` or `https`. Its user and password are sent by Basic. */
  readonly url: string
  readonly timeoutSeconds: number
  /** Seconds for which an answer is remembered; 0 = not at all. */
  readonly cacheYesSeconds: number
  readonly cacheNoSeconds: number
  /**
   * Questions at a time, each over one connection. Questions about running sessions have connections of
   * their own, a quarter as many: no crowd of newcomers makes them fail.
   */
  readonly maxConnections: number
  /** Questions that may wait, at most a quarter of them of one host; beyond it, a login fails. */
  readonly maxWaiting: number
  readonly actions: readonly AccessRight[]
  readonly credentials: readonly CredentialPart[]
  /** Key of the signature; `undefined` = no signature. */
  readonly secret: string | undefined
  /** Certificates of authorities in PEM; `undefined` = the well-known ones. */
  readonly ca: string | undefined
}

/** Share of the waiting questions that may be those of one host. */
const shareOfHost = 1 / 4

/** Asks a server by HTTP whether a client may do what it wants to. */
export class HookLogins {
  readonly #options: HookOptions
  readonly #clock: Clock
  readonly #receiver: Receiver
  readonly #exchange: HttpExchange
  readonly #limit: ConcurrencyLimit
  readonly #recheckLimit: ConcurrencyLimit
  readonly #cache: AnswerCache

  /** @throws {TypeError} The URL is none. */
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

  /** @returns `undefined` for an action that the hook is not asked about. Never throws. */
  async ask(context: LoginContext): Promise<LoginAnswer> {
    if (!this.#options.actions.includes(context.action)) return undefined
    const key = this.#keyOf(context)
    const known = context.isRecheck ? undefined : this.#cache.find(key)
    if (known) return known
    const answer = await this.#askInTime(context)
    this.#cache.note(key, answer, this.#cacheSeconds(answer))
    return answer
  }

  /** Closes the connections that no question needs, and forgets all answers. */
  close(): void {
    this.#exchange.close()
    this.#cache.clear()
  }

  #keyOf(context: LoginContext): string {
    // The user counts even if the hook does not get it: the answer makes it the owner of the session.
    const { action, path, address, user, password, token } = context
    return this.#cache.keyOf([action, path, address, user, password, token])
  }

  #cacheSeconds(answer: LoginAnswer): number {
    const { cacheYesSeconds, cacheNoSeconds } = this.#options
    if (answer === undefined) return 0
    if ('refuse' in answer) return answer.refuse === 'unavailable' ? 0 : cacheNoSeconds
    const { expiresAt = Number.POSITIVE_INFINITY } = answer
    return Math.min(cacheYesSeconds, expiresAt - this.#clock.unixTimeMs() / 1000)
  }

  /**
   * Waits for a free connection and for the answer, both together not longer than the timeout. The
   * wait of a question about a running session does not count: it is no failure of the hook that
   * many such questions wait.
   */
  async #askInTime(context: LoginContext): Promise<LoginAnswer> {
    const { isRecheck, address } = context
    const stop = new AbortController()
    let why = 'the client has gone'
    const leave = (): void => stop.abort()
    const atTimeout = (seconds: number): void => {
      why = `the hook did not answer in ${seconds} s`
      stop.abort()
    }
    let timer = isRecheck ? undefined : this.#startTimer(atTimeout)
    context.signal.addEventListener('abort', leave)
    if (context.signal.aborted) leave()
    const ask = (): Promise<LoginAnswer> => {
      timer ??= this.#startTimer(atTimeout)
      return this.#askNow(context, stop.signal)
    }
    try {
      const limit = isRecheck ? this.#recheckLimit : this.#limit
      return await limit.run(ask, { host: hostOf(address), signal: stop.signal })
    } catch (error) {
      if (!stop.signal.aborted) why = reasonOf(error)
      return { refuse: 'unavailable', why }
    } finally {
      timer?.cancel()
      context.signal.removeEventListener('abort', leave)
    }
  }

  #startTimer(atTimeout: (seconds: number) => void): ClockTimer {
    const { timeoutSeconds } = this.#options
    return this.#clock.schedule(() => atTimeout(timeoutSeconds), timeoutSeconds * 1000, false)
  }

  async #askNow(context: LoginContext, signal: AbortSignal): Promise<LoginAnswer> {
    signal.throwIfAborted()
    const body = JSON.stringify({ ...factsOf(context), ...this.#credentialsOf(context) })
    const id = randomBytes(12).toString('base64url')
    const unixSeconds = Math.floor(this.#clock.unixTimeMs() / 1000)
    const headers = signedHeaders({ id, unixSeconds, body }, this.#options.secret)
    const answer = await this.#exchange.ask(this.#receiver, {
      ...{ method: 'POST', headers, body, signal },
    })
    return loginAnswerOf(answer, context.user, unixSeconds)
  }

  #credentialsOf(context: LoginContext): Partial<Record<CredentialPart, string | undefined>> {
    const { credentials } = this.#options
    return Object.fromEntries(credentials.map((part) => [part, context[part]]))
  }
}

/** Returns what a hook learns about a request, besides its credentials. */
function factsOf(context: LoginContext): object {
  const { action, path, address, session, connectionId, isRecheck } = context
  const { userAgent, transport, isSecure, tunnel } = context
  return {
    ...{ action, path, address, session: session?.publicId, connection: connectionId },
    ...{ userAgent, transport, isSecure, tunnel, isRecheck },
  }
}

/** The message names neither the URL nor what was sent. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'the hook cannot be reached'
  if (error instanceof QueueFullError) return `${error.message} for the hook`
  const { code } = error as NodeJS.ErrnoException
  return `the hook cannot be reached: ${code ?? error.message}`
}
