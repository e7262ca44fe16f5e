import type { Clock } from '../clock.js'
import { checkDuration, checkUnixSeconds, msPerSecond, type SessionInit } from './session-init.js'
import type { RemovalReason } from './session-state.js'

/** Limits on the life of a session that its client cannot extend. */
export class SessionBounds {
  /**
   * Milliseconds from creation within which the session must play or record; `Infinity` afterwards.
   */
  #idleSetupMs = Number.POSITIVE_INFINITY
  /** Maximum lifetime of the session, in milliseconds from its creation; `Infinity` = unlimited. */
  #lifetimeMs = Number.POSITIVE_INFINITY
  #expiresAt: number | undefined
  /** Time at which the authorization of the client ends, in milliseconds of the pool's clock; `Infinity` = never. */
  #authorizationAt = Number.POSITIVE_INFINITY

  /**
   * Checks and stores the limits on the life of a session.
   *
   * @throws {RangeError} when a duration or time is out of range.
   */
  constructor(init: SessionInit) {
    const idleSetup = checkDuration('maxIdleSetup', init.maxIdleSetup ?? 0)
    this.maxLifetime = init.maxLifetime ?? 0
    if (idleSetup > 0) this.#idleSetupMs = idleSetup * msPerSecond
    this.setAuthorizationEnd(init.expiresAt, undefined)
  }

  /**
   * Maximum lifetime in seconds from creation; 0 = unlimited.
   *
   * @throws {RangeError} when set to anything but a number within the range of a limit.
   */
  get maxLifetime(): number {
    return this.#lifetimeMs === Number.POSITIVE_INFINITY ? 0 : this.#lifetimeMs / msPerSecond
  }

  set maxLifetime(seconds: number) {
    const lifetime = checkDuration('maxLifetime', seconds)
    this.#lifetimeMs = lifetime > 0 ? lifetime * msPerSecond : Number.POSITIVE_INFINITY
  }

  /** Milliseconds from creation within which the session must play or record; `Infinity` = no limit, or done. */
  get idleSetupMs(): number {
    return this.#idleSetupMs
  }

  /** Time in seconds since 1970 at which the authorization ends, as it was set. */
  get expiresAt(): number | undefined {
    return this.#expiresAt
  }

  /**
   * Sets the time at which the authorization ends.
   *
   * @param expiresAt - Seconds since 1970; `undefined` = never.
   * @param clock - Clock of the pool; without it, call {@link start} later.
   * @throws {RangeError} when `expiresAt` is no number, or so large that it must be milliseconds.
   */
  setAuthorizationEnd(expiresAt: number | undefined, clock: Clock | undefined): void {
    if (expiresAt !== undefined) checkUnixSeconds('expiresAt', expiresAt)
    this.#expiresAt = expiresAt
    if (clock !== undefined) this.start(clock)
  }

  /** Converts the end of the client's authorization to milliseconds of a clock, by the current wall clock. */
  start(clock: Clock): void {
    this.#authorizationAt =
      this.#expiresAt === undefined
        ? Number.POSITIVE_INFINITY
        : clock.now() + this.#expiresAt * msPerSecond - clock.unixTimeMs()
  }

  /**
   * Notes that the session plays or records. @returns Whether this changes the latest end of the
   * session.
   */
  noteActive(): boolean {
    if (this.#idleSetupMs === Number.POSITIVE_INFINITY) return false
    this.#idleSetupMs = Number.POSITIVE_INFINITY
    return true
  }

  /**
   * Returns the time at which the session must end at the latest, in milliseconds of the clock; `Infinity` = no
   * limit.
   *
   * @param createdAt - Creation of the session, in milliseconds of the same clock.
   */
  endOf(createdAt: number): number {
    const setupOrLifetimeMs = Math.min(this.#idleSetupMs, this.#lifetimeMs)
    return Math.min(createdAt + setupOrLifetimeMs, this.#authorizationAt)
  }

  /**
   * Returns the reason for removing a session at the end of its life: the limit that was reached first.
   *
   * @param dueAt - Time at which the session is due to expire, in milliseconds of the clock.
   * @param createdAt - Creation of the session, in milliseconds of the same clock.
   */
  reasonAt(dueAt: number, createdAt: number): RemovalReason {
    if (dueAt < this.endOf(createdAt)) return 'timeout'
    if (dueAt === this.#authorizationAt) return 'authorizationExpired'
    return this.#idleSetupMs < this.#lifetimeMs ? 'idleSetup' : 'lifetime'
  }
}
