import { SessionPoolError } from '../../errors.js'
import { isSameHost } from '../../host-of.js'
import { disown, isThenable } from '../../listeners.js'
import { shapeOf } from '../../option-checks.js'
import type { Bans } from '../bans/bans.js'
import type { SessionQuestion } from '../listing/session-query.js'
import { internals, Session, type SessionHost } from '../session.js'
import { type FullGroup, fullGroupOf, type SessionGroups } from '../session-groups.js'
import { hasLimits, limitsOf, type SessionInit } from '../session-init.js'
import type { SessionRegistry } from '../session-registry.js'
import {
  type AdmissionControl,
  type AdmissionLimit,
  type AdmissionRequest,
  type AdmitContext,
  type AdmitHook,
  type FullPolicy,
  isAdmissionLimit,
  localAdmission,
  type SessionRefusal,
} from './admission-control.js'
import { type AdmitDecision, readAdmitAnswer } from './admit-answer.js'
import { hasNumbers, resolveLimits, type SessionLimits } from './session-limits.js'

/** Options of a pool that decide who gets a session. */
export interface PoolAdmissionOptions<Data extends object> {
  readonly limits: SessionLimits
  readonly admission: AdmissionControl<Data>
  readonly fullPolicy: FullPolicy
  readonly onAdmit: AdmitHook<Data> | undefined
}

/** Functions of a pool that {@link PoolAdmission} calls. */
export interface AdmissionPool {
  readonly host: SessionHost
  readonly registry: SessionRegistry
  readonly bans: Bans
  /** Returns the number of sessions in the pool. */
  size(): number
  /** Removes sessions that are due to expire, until `isEnough` returns `true`. */
  sweep(isEnough: () => boolean): void
  evict(session: Session): void
  /** Counts a refused client, and emits `sessionRefused`. */
  refused(refusal: SessionRefusal): void
}

type Newcomer = Pick<SessionInit<object>, 'owner' | 'path' | 'replaces' | 'groups'>

/** Decides who gets a session: bans, limits, eviction, and the hook `onAdmit`. */
export class PoolAdmission<Data extends object> {
  limits: SessionLimits
  /**
   * `true` if the pool applies its own limits, and the application has no {@link AdmissionControl}.
   */
  readonly isLocal: boolean
  readonly #options: PoolAdmissionOptions<Data>
  readonly #pool: AdmissionPool

  constructor(options: PoolAdmissionOptions<Data>, pool: AdmissionPool) {
    this.limits = options.limits
    this.isLocal = options.admission === localAdmission
    this.#options = options
    this.#pool = pool
  }

  /**
   * Checks that no ban refuses the owner or the path of a new session. @throws {SessionPoolError} `ERR_BANNED`
   * otherwise
   */
  assertNotBanned({ owner, path }: Newcomer): void {
    const { bans } = this.#pool
    if (bans.size === 0) return
    const ban = bans.hit({ address: owner?.address, user: owner?.user, path })
    if (ban === undefined) return
    this.#pool.refused({ limit: 'bans', owner, path })
    throw bans.errorOf(ban)
  }

  /**
   * Checks the limits for a new session before it is created, and evicts silent sessions if needed.
   * Does nothing if the application has its own {@link AdmissionControl}.
   *
   * @throws {SessionPoolError} when a limit is reached and no session can be evicted.
   */
  assertRoom(init: SessionInit<Data>): void {
    if (!this.isLocal) return
    const limits = this.#limitsFor(init)
    if (hasNumbers(limits)) this.#admit('session', init, undefined, limits)
  }

  /**
   * Calls the hook `onAdmit`, if there is one.
   *
   * @returns `init` with the properties that the hook has added.
   * @throws {SessionPoolError} `ERR_SESSION_NOT_ADMITTED` if the hook refuses or fails.
   */
  async ask(context: AdmitContext<Data>, init: SessionInit<Data>): Promise<SessionInit<Data>> {
    const { onAdmit } = this.#options
    if (onAdmit === undefined) return init
    let decision: AdmitDecision<Data>
    try {
      decision = readAdmitAnswer(await onAdmit(context)) as AdmitDecision<Data>
    } catch (error) {
      throw this.#notAdmitted(context, { statusCode: 503 }, error)
    }
    if ('statusCode' in decision) throw this.#notAdmitted(context, decision)
    const admitted = { ...init, ...decision.init }
    // The same check as in `create`, but before anything is created for the client.
    if (hasLimits(decision.init) || decision.init.groups) this.assertRoom(admitted)
    return admitted
  }

  /**
   * Requests a new session, which is not in the pool yet, from the application's {@link
   * AdmissionControl}. Throws as {@link assertRoom} does.
   */
  acquire(session: Session<Data>, init: SessionInit<Data>): void {
    this.#admit('session', init, session, this.#limitsFor(init))
  }

  /**
   * Requests one more path for a session from the {@link AdmissionControl}. Throws as
   * {@link assertRoom} does.
   */
  acquirePath(session: Session<Data>, path: string): void {
    if (this.isLocal && this.limits.maxSessionsPerPath === 0) return
    this.#admit(
      'path',
      { owner: session.owner, path, groups: session.groups },
      session,
      this.limits,
    )
  }

  /** Returns the limits that apply to a new session: those of the pool, replaced by those in its initial properties. */
  #limitsFor(init: SessionInit<Data>): SessionLimits {
    return hasLimits(init) ? resolveLimits(limitsOf(init), this.limits) : this.limits
  }

  /**
   * Requests a session or a path from the {@link AdmissionControl}. If a limit is reached, removes
   * expired sessions, then evicts silent ones, and requests again.
   *
   * @throws {SessionPoolError} when a limit is reached and no session can be evicted.
   */
  #admit(
    kind: AdmissionRequest['kind'],
    newcomer: Newcomer,
    session: Session<Data> | undefined,
    limits: SessionLimits,
  ): void {
    const { owner, path, groups } = newcomer
    const ask = (): AdmissionLimit | undefined =>
      this.#tryAcquire({
        kind,
        // `localAdmission`, the only control called before the session exists, does not use
        // `session`.
        session: session as Session<Data>,
        owner,
        path,
        groups,
        limits,
        counts: this.#countsFor(newcomer),
      })
    let limit = ask()
    if (limit === undefined) return
    const isAdmitted = (): boolean => {
      limit = ask()
      return limit === undefined
    }
    this.#pool.sweep(isAdmitted)
    while (limit !== undefined && this.#evict(limit, newcomer, limits, session)) isAdmitted()
    if (limit !== undefined) throw this.#refused(limit, newcomer, limits)
  }

  /**
   * Asks the {@link AdmissionControl} once whether a session or path is admitted.
   *
   * @throws {TypeError} when the control returns neither `undefined` nor a limit: the session is refused and no other
   *   is evicted.
   */
  #tryAcquire(request: AdmissionRequest<Data>): AdmissionLimit | undefined {
    const limit: unknown = this.#options.admission.tryAcquire(request)
    if (limit === undefined || isAdmissionLimit(limit)) return limit
    throw notAnswered('admission.tryAcquire', 'undefined or a limit', limit)
  }

  /**
   * Counts the sessions of an owner, a path and groups, for {@link AdmissionRequest.counts}. A
   * session that is about to be replaced is not counted.
   */
  #countsFor({ owner, path, groups, replaces: leaving }: Newcomer): AdmissionRequest['counts'] {
    const { registry, host } = this.#pool
    const counts = {
      sessions: this.#pool.size(),
      address: owner === undefined ? 0 : registry.count({ address: owner.address }),
      user: owner?.user === undefined ? 0 : registry.count({ user: owner.user }),
      path: path === undefined ? 0 : registry.count({ path }),
      groups: groups && countsOf(groups, (group) => registry.count({ group })),
    }
    if (!(leaving instanceof Session) || internals.hostOf(leaving) !== host) return counts
    const left = leaving.owner
    const isOfHost = left && owner && isSameHost(left.address, owner.address)
    return {
      sessions: counts.sessions - 1,
      address: counts.address - Number(isOfHost ?? false),
      user: counts.user - Number(left?.user !== undefined && left.user === owner?.user),
      path: counts.path - Number(path !== undefined && leaving.paths.includes(path)),
      groups:
        groups &&
        countsOf(groups, (group, name) => {
          const isLeaving = leaving.groups?.[name] === groups[name]
          return registry.count({ group }) - Number(isLeaving)
        }),
    }
  }

  /**
   * Evicts the session that has been silent for longest, of those that count against `limit`, if
   * the policy allows it.
   *
   * @param except - Session that needs the room, and is never evicted.
   * @returns Whether a session was evicted.
   */
  #evict(
    limit: AdmissionLimit,
    newcomer: Newcomer,
    limits: SessionLimits,
    except: Session<Data> | undefined,
  ): boolean {
    if (this.#options.fullPolicy !== 'evictOldestIdle') return false
    const { owner, path } = newcomer
    let question: SessionQuestion | undefined
    if (limit === 'maxSessionsPerAddress' && owner) question = { address: owner.address }
    if (limit === 'maxSessionsPerUser' && owner?.user) question = { user: owner.user }
    if (limit === 'maxSessionsPerPath' && path) question = { path }
    if (limit === 'maxSessionsPerGroup') {
      const group = this.#fullGroup(newcomer, limits)
      if (group) question = { group: { [group.name]: group.value } }
    }
    const silent = this.#pool.registry.longestSilent(question, except)
    if (silent === undefined || silent === except) return false
    this.#pool.evict(silent)
    return true
  }

  #fullGroup(newcomer: Newcomer, limits: SessionLimits): FullGroup | undefined {
    const { groups } = this.#countsFor(newcomer)
    return fullGroupOf(limits.maxSessionsPerGroup, newcomer.groups, groups)
  }

  #refused(limit: AdmissionLimit, newcomer: Newcomer, limits: SessionLimits): SessionPoolError {
    const { owner, path } = newcomer
    const full = limit === 'maxSessionsPerGroup' ? this.#fullGroup(newcomer, limits) : undefined
    const group = full && { [full.name]: full.value }
    this.#pool.refused(group ? { limit, owner, path, group } : { limit, owner, path })
    const number = limit in limits ? limits[limit as 'maxSessions'] : 0
    const context = full ? { limit, max: full.max, group } : { limit, max: number }
    return limit === 'maxSessionsPerPath'
      ? new SessionPoolError('ERR_SESSION_PATH_FULL', `${limit} is reached`, { context })
      : new SessionPoolError('ERR_SESSION_POOL_FULL', `${limit} is reached`, { context })
  }

  #notAdmitted(
    { owner, path }: AdmitContext<Data>,
    { statusCode, message }: { readonly statusCode: number; readonly message?: string },
    cause?: unknown,
  ): SessionPoolError {
    this.#pool.refused({ limit: 'onAdmit', owner, path })
    const why = cause instanceof Error ? cause.message : 'The session was not admitted'
    const context = { limit: 'onAdmit' }
    return new SessionPoolError('ERR_SESSION_NOT_ADMITTED', message ?? why, {
      statusCode,
      context,
      cause,
    })
  }
}

const countsOf = (
  groups: SessionGroups,
  count: (group: SessionGroups, name: string) => number,
): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Object.entries(groups).map(([name, value]) => [name, count({ [name]: value }, name)]),
  )

/** Creates the error for a hook of the application that returned an invalid value. */
export function notAnswered(hook: string, expected: string, answer: unknown): TypeError {
  disown(hook, answer)
  const got = isThenable(answer) ? 'a promise' : shapeOf(answer)
  return new TypeError(`${hook} must return ${expected}, got ${got}`)
}
