import { type Clock, systemClock } from '../clock.js'
import {
  defaultExtraTimeout,
  defaultTimeout,
  maxTimeout,
  type Session,
  type SessionInit,
} from './session.js'
import { type IdCodec, RandomIdCodec } from './session-id.js'
import { type SessionBinding, sessionBindings } from './session-owner.js'

/** Options of a {@link SessionPool}. */
export interface SessionPoolOptions {
  /** Most sessions at a time; 0 = unlimited. @defaultValue 0 */
  readonly maxSessions?: number | undefined
  /** Seconds without a sign of life after which a new session may end; 0 = never. @defaultValue 60 */
  readonly timeout?: number | undefined
  /** Seconds of grace on top, which are not announced. @defaultValue 5 */
  readonly extraTimeout?: number | undefined
  /** Whether new sessions announce a timeout of 60 as well. @defaultValue false */
  readonly timeoutAlwaysVisible?: boolean | undefined
  /** What a claimant must share with the owner of a session. @defaultValue `'owner'` */
  readonly sessionBinding?: SessionBinding | undefined
  /** @defaultValue the clock of the machine */
  readonly clock?: Clock | undefined
  /** Makes the ids. @defaultValue 192 random bits */
  readonly idCodec?: IdCodec | undefined
  /** Makes the ids instead of `idCodec`; need not check for collisions. */
  readonly createSessionId?: (() => string) | undefined
  /** Makes the session objects, with exactly the id given. @defaultValue `new Session(id, init)` */
  readonly createSession?: ((id: string, init: SessionInit) => Session) | undefined
}

export const sessionPoolDefaults = Object.freeze({
  maxSessions: 0,
  timeout: defaultTimeout,
  extraTimeout: defaultExtraTimeout,
  timeoutAlwaysVisible: false,
  sessionBinding: 'owner',
} as const satisfies SessionPoolOptions)

export interface ResolvedSessionPoolOptions {
  readonly maxSessions: number
  readonly timeout: number
  readonly extraTimeout: number
  readonly timeoutAlwaysVisible: boolean
  readonly sessionBinding: SessionBinding
  readonly clock: Clock
  readonly idCodec: IdCodec
  readonly createSessionId: (() => string) | undefined
  readonly createSession: ((id: string, init: SessionInit) => Session) | undefined
}

/** @throws {RangeError | TypeError} when a value makes no sense. */
export function resolveSessionPoolOptions(options: SessionPoolOptions): ResolvedSessionPoolOptions {
  const defaults = sessionPoolDefaults
  const sessionBinding = options.sessionBinding ?? defaults.sessionBinding
  if (!sessionBindings.includes(sessionBinding)) {
    throw new TypeError(`sessionBinding is one of ${sessionBindings.join(', ')}`)
  }
  return Object.freeze({
    maxSessions: checkedLimit('maxSessions', options.maxSessions ?? defaults.maxSessions),
    timeout: checkedLimit('timeout', options.timeout ?? defaults.timeout, maxTimeout),
    extraTimeout: checkedLimit(
      'extraTimeout',
      options.extraTimeout ?? defaults.extraTimeout,
      maxTimeout,
    ),
    timeoutAlwaysVisible: options.timeoutAlwaysVisible ?? defaults.timeoutAlwaysVisible,
    sessionBinding,
    clock: options.clock ?? systemClock,
    idCodec: options.idCodec ?? new RandomIdCodec(),
    createSessionId: options.createSessionId,
    createSession: options.createSession,
  })
}

const maxUnsigned = 2 ** 32 - 1

/** @throws {RangeError} when it is not a whole number from 0 to `max`. */
export function checkedLimit(name: string, limit: number, max = maxUnsigned): number {
  if (Number.isInteger(limit) && limit >= 0 && limit <= max) return limit
  throw new RangeError(`${name} is a whole number from 0 to ${max}, not ${String(limit)}`)
}
