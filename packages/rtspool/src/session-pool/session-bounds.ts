import type { Clock } from '../clock.js'
import { checkDuration, checkUnixSeconds, msPerSecond, type SessionInit } from './session-init.js'
import type { RemovalReason } from './session-state.js'

/** What ends a session whatever its client does. */
export class SessionBounds {
  /** Milliseconds after its creation, as long as it has neither played nor recorded. */
  #idleSetupMs = Number.POSITIVE_INFINITY
  /** Milliseconds after its creation. */
  readonly #lifetimeMs: number = Number.POSITIVE_INFINITY
  #expiresAt: number | undefined
  /** The same in time of the clock. */
  #authorizationAt = Number.POSITIVE_INFINITY

  /** @throws {RangeError} when a duration or time makes no sense. */
  constructor(init: SessionInit) {
    const lifetime = checkDuration('maxLifetime', init.maxLifetime ?? 0)
    const idleSetup = checkDuration('maxIdleSetup', init.maxIdleSetup ?? 0)
    if (lifetime > 0) this.#lifetimeMs = lifetime * msPerSecond
    if (idleSetup > 0) this.#idleSetupMs = idleSetup * msPerSecond
    this.setAuthorizationEnd(init.expiresAt, undefined)
  }

  /** When the authorization ends, in seconds since 1970, as it was set. */
  get expiresAt(): number | undefined {
    return this.#expiresAt
  }

  /**
   * @param clock - Of the pool; without one, {@link start} is to follow.
   * @throws {RangeError} when it is no number, or one that can only be milliseconds.
   */
  setAuthorizationEnd(expiresAt: number | undefined, clock: Clock | undefined): void {
    if (expiresAt !== undefined) checkUnixSeconds('expiresAt', expiresAt)
    this.#expiresAt = expiresAt
    if (clock !== undefined) this.start(clock)
  }

  /** Turns the end of the authorization into time of a clock, as it stands now. */
  start(clock: Clock): void {
    this.#authorizationAt =
      this.#expiresAt === undefined
        ? Number.POSITIVE_INFINITY
        : clock.now() + this.#expiresAt * msPerSecond - clock.unixTimeMs()
  }

  /** Notes that the session plays or records. @returns Whether that changes when it ends. */
  noteActive(): boolean {
    if (this.#idleSetupMs === Number.POSITIVE_INFINITY) return false
    this.#idleSetupMs = Number.POSITIVE_INFINITY
    return true
  }

  /** When a session ends at the latest, in milliseconds of the clock. */
  endOf(createdAt: number): number {
    const setupOrLifetimeMs = Math.min(this.#idleSetupMs, this.#lifetimeMs)
    return Math.min(createdAt + setupOrLifetimeMs, this.#authorizationAt)
  }

  /** Why a session ends that is due at a time: of several reasons, that which came first. */
  reasonAt(dueAt: number, createdAt: number): RemovalReason {
    if (dueAt < this.endOf(createdAt)) return 'timeout'
    if (dueAt === this.#authorizationAt) return 'authorizationExpired'
    return this.#idleSetupMs < this.#lifetimeMs ? 'idleSetup' : 'lifetime'
  }
}
