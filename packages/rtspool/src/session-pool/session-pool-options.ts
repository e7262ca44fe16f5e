import { type Clock, systemClock } from '../clock.js'
import {
  checkBoolean,
  checkClock,
  checkFunction,
  checkMethods,
  checkOptions,
  shown,
} from '../option-checks.js'
import {
  type AdmissionControl,
  type AdmitHook,
  type FullPolicy,
  fullPolicies,
  localAdmission,
} from './admission/admission-control.js'
import { resolveLimits, type SessionLimits } from './admission/session-limits.js'
import { type BanOptions, banDefaults } from './bans/ban-options.js'
import type { Session } from './session.js'
import type { SessionData } from './session-data.js'
import { type GroupLimits, noGroupLimits } from './session-groups.js'
import { type IdCodec, RandomIdCodec } from './session-id.js'
import {
  checkCount,
  checkTimeout,
  defaultExtraTimeout,
  defaultTimeout,
  type SessionInit,
} from './session-init.js'
import { type SessionBinding, sessionBindings } from './session-owner.js'

/** Options of a {@link SessionPool}. */
export interface SessionPoolOptions<Data extends object = SessionData> {
  /** Maximum number of sessions at a time; 0 = unlimited. @defaultValue 0 */
  readonly maxSessions?: number | undefined
  /** Maximum number of sessions of one address at a time; 0 = unlimited. @defaultValue 0 */
  readonly maxSessionsPerAddress?: number | undefined
  /**
   * Maximum number of sessions of one authenticated user at a time; 0 = unlimited.
   * @defaultValue 0
   */
  readonly maxSessionsPerUser?: number | undefined
  /** Maximum number of sessions that hold one path at a time; 0 = unlimited. @defaultValue 0 */
  readonly maxSessionsPerPath?: number | undefined
  /**
   * Maximum numbers of sessions at a time by group and value, such as `{ plan: { free: 50 } }`; 0 =
   * unlimited. The hook `onAdmit`, or the server's check of a login, puts a session into groups.
   * @defaultValue {}
   */
  readonly maxSessionsPerGroup?: GroupLimits | undefined
  /**
   * Seconds within which a session must play or record for the first time; 0 = unlimited.
   * @defaultValue 0
   */
  readonly maxIdleSetup?: number | undefined
  /** Maximum lifetime of a session in seconds; 0 = unlimited. @defaultValue 0 */
  readonly maxLifetime?: number | undefined
  /**
   * Policy when a limit on the number of sessions is reached. `'reject'` refuses the new session.
   * `'evictOldestIdle'` removes the longest silent session that counts against the limit, in any
   * state.
   * @defaultValue `'reject'`
   */
  readonly fullPolicy?: FullPolicy | undefined
  /** Hook that decides who gets a session, called by {@link SessionPool.admit}. @defaultValue admits everybody */
  readonly onAdmit?: AdmitHook<Data> | undefined
  /**
   * Decides whether a limit on the number of sessions is reached.
   * @defaultValue compares the limits with this pool's counts
   */
  readonly admission?: AdmissionControl<Data> | undefined
  /**
   * Seconds without a sign of life (a request, RTCP or media from the client) after which a new
   * session expires; 0 = never. Values below 10 break some clients: go2rtc 1.9.9 needs more than 5,
   * and ffmpeg 5.1 sends a request with each packet at 1.
   * @defaultValue 60
   */
  readonly timeout?: number | undefined
  /** Additional seconds after `timeout` before a session expires, not announced to the client. @defaultValue 5 */
  readonly extraTimeout?: number | undefined
  /**
   * Announces the timeout to clients even if it is 60 s, the default of the RFC. @defaultValue
   * false
   */
  readonly timeoutAlwaysVisible?: boolean | undefined
  /** Options of the list of banned clients: its size, and rules for automatic bans. */
  readonly bans?: BanOptions | undefined
  /**
   * Maximum number of removed sessions whose records {@link SessionPool.leavers} contains; 0 =
   * none.
   * @defaultValue 0; a server that creates its pool: 10000
   */
  readonly maxLeavers?: number | undefined
  /**
   * Properties that a client must share with the owner of a session in order to use the session.
   * @defaultValue `'owner'`
   */
  readonly sessionBinding?: SessionBinding | undefined
  /** Clock of the pool. Tests pass a `ManualClock`. @defaultValue the clock of the machine */
  readonly clock?: Clock | undefined
  /** Creates the ids of sessions. @defaultValue 192 random bits */
  readonly idCodec?: IdCodec | undefined
  /** Creates the ids of sessions, in place of `idCodec`; need not check for collisions. */
  readonly createSessionId?: (() => string) | undefined
  /**
   * Creates the session objects, whose `id` must be exactly this one.
   * @defaultValue `new Session(id, init)`
   */
  readonly createSession?: ((id: string, init: SessionInit<Data>) => Session<Data>) | undefined
}

export const sessionPoolDefaults = Object.freeze({
  maxSessions: 0,
  maxSessionsPerAddress: 0,
  maxSessionsPerUser: 0,
  maxSessionsPerPath: 0,
  maxSessionsPerGroup: noGroupLimits,
  maxIdleSetup: 0,
  maxLifetime: 0,
  fullPolicy: 'reject',
  timeout: defaultTimeout,
  extraTimeout: defaultExtraTimeout,
  timeoutAlwaysVisible: false,
  bans: banDefaults,
  maxLeavers: 0,
  sessionBinding: 'owner',
} as const satisfies SessionPoolOptions)

/** Functions that check the values of those options of a pool that have no default value. */
const withoutDefault: Record<
  Exclude<keyof SessionPoolOptions, keyof typeof sessionPoolDefaults>,
  (value: unknown) => void
> = {
  onAdmit: (value) => checkFunction('onAdmit', value),
  admission: (value) => checkMethods('admission', value, ['tryAcquire', 'release']),
  clock: checkClock,
  idCodec: (value) => checkMethods('idCodec', value, ['createId']),
  createSessionId: (value) => checkFunction('createSessionId', value),
  createSession: (value) => checkFunction('createSession', value),
}

const optionNames = [...Object.keys(sessionPoolDefaults), ...Object.keys(withoutDefault)]

/**
 * Checks that all given options exist.
 *
 * @throws {TypeError} when the pool has no option of a given name.
 */
export function checkSessionPoolOptions(options: object): void {
  checkOptions('SessionPool', options, optionNames)
}

export interface ResolvedSessionPoolOptions<Data extends object> {
  readonly limits: SessionLimits
  readonly fullPolicy: FullPolicy
  readonly onAdmit: AdmitHook<Data> | undefined
  readonly admission: AdmissionControl<Data>
  readonly bans: BanOptions
  readonly maxLeavers: number
  readonly timeout: number
  readonly extraTimeout: number
  readonly timeoutAlwaysVisible: boolean
  readonly sessionBinding: SessionBinding
  readonly clock: Clock
  readonly idCodec: IdCodec
  readonly createSessionId: (() => string) | undefined
  readonly createSession: ((id: string, init: SessionInit<Data>) => Session<Data>) | undefined
}

/**
 * Checks the values of all options, and fills in the defaults.
 *
 * @throws {RangeError | TypeError} when a value is invalid.
 */
export function resolveSessionPoolOptions<Data extends object>(
  options: SessionPoolOptions<Data>,
): ResolvedSessionPoolOptions<Data> {
  const defaults = sessionPoolDefaults
  for (const [name, check] of Object.entries(withoutDefault)) {
    const value = options[name as keyof typeof withoutDefault]
    if (value !== undefined) check(value)
  }
  return Object.freeze({
    limits: resolveLimits(options, defaults),
    fullPolicy: oneOf('fullPolicy', options.fullPolicy ?? defaults.fullPolicy, fullPolicies),
    onAdmit: options.onAdmit,
    admission: options.admission ?? localAdmission,
    bans: options.bans ?? {},
    maxLeavers: checkCount('maxLeavers', options.maxLeavers ?? defaults.maxLeavers),
    timeout: checkTimeout('timeout', options.timeout ?? defaults.timeout),
    extraTimeout: checkTimeout('extraTimeout', options.extraTimeout ?? defaults.extraTimeout),
    timeoutAlwaysVisible: checkBoolean(
      'timeoutAlwaysVisible',
      options.timeoutAlwaysVisible ?? defaults.timeoutAlwaysVisible,
    ),
    sessionBinding: oneOf(
      'sessionBinding',
      options.sessionBinding ?? defaults.sessionBinding,
      sessionBindings,
    ),
    clock: options.clock ?? systemClock,
    idCodec: options.idCodec ?? new RandomIdCodec(),
    createSessionId: options.createSessionId,
    createSession: options.createSession,
  })
}

function oneOf<T extends string>(name: string, value: T, values: readonly T[]): T {
  if (values.includes(value)) return value
  throw new TypeError(`${name} must be one of ${values.join(', ')}, got ${shown(value)}`)
}
