import { type Clock, PeriodicCheck } from '../../clock.js'
import { RequestError } from '../../errors.js'
import type { Session } from '../../session-pool/index.js'
import { setupProgress } from '../../session-pool/session-hold.js'
import { endsWith, heaviestViewers, type QueueOfViewer } from './heaviest-viewers.js'
import type { ResolvedOverloadOptions } from './overload-options.js'
import {
  LevelState,
  largestPart,
  noPressure,
  type OverloadLevel,
  type PressureParts,
  type RtspServerPressure,
  shareOfTime,
} from './pressure.js'
import type { ProcessGauge } from './pressure-gauge.js'
import { PressureMeter } from './pressure-meter.js'
import { type QuietSource, QuietTimes } from './quiet-times.js'

/** Functions and values of a connection that the overload guard uses. */
export interface GuardedConnection extends QueueOfViewer, QuietSource {
  close(): void
  /** Closes the connection at once; unsent bytes are lost. */
  destroy(): void
}

/** Functions and values of a server that the overload guard uses. */
export interface GuardedServer {
  readonly clock: Clock
  /** Options of the overload guard; `undefined` = the guard is off. */
  readonly overload: ResolvedOverloadOptions | undefined
  readonly idleTimeoutMs: number
}

export interface OverloadGuardInit {
  /** Server to guard. Its options are read at each measurement, because they may change. */
  readonly server: GuardedServer
  readonly gauge: ProcessGauge
  /** Sessions of the server. */
  readonly sessions: () => Iterable<Session>
  readonly changed: (pressure: RtspServerPressure, previous: OverloadLevel) => void
}

const intervalMs = 500

/**
 * Measures the pressure (the load of the server) twice a second while there are connections, and
 * takes measures by its level.
 *
 * ```text
 * pressure  0 ········ saveAbove ······· refuseAbove ······· shedAbove ··· 1
 *   saving             time limits of idle clients shrink, no burst for new viewers
 *   refusing                             SETUP of a new session: 503
 *   shedding                                                 viewers with most unsent bytes end
 * ```
 */
export class OverloadGuard {
  readonly #init: OverloadGuardInit
  readonly #connections = new Set<GuardedConnection>()
  readonly #check: PeriodicCheck
  readonly #meter: PressureMeter
  readonly #state = new LevelState()
  readonly #quiet = new QuietTimes<GuardedConnection>()
  #parts = noPressure
  #refusedSetups = 0

  constructor(init: OverloadGuardInit) {
    this.#init = init
    const { clock } = init.server
    this.#check = new PeriodicCheck(clock, intervalMs, () => this.#sample())
    this.#meter = new PressureMeter(clock, init.gauge, this.#connections)
  }

  /** Pressure (load of the server) at the last measurement; `undefined` while the guard is off. */
  get pressure(): RtspServerPressure | undefined {
    const { overload } = this.#init.server
    if (!overload) return undefined
    const isWatching = this.#connections.size > 0
    const parts = isWatching ? this.#parts : this.#meter.measure(overload)
    return this.#report(parts)
  }

  /**
   * True while new viewers are not sent the packets since the last key frame, in order to save
   * memory.
   */
  get leavesOutBurst(): boolean {
    return this.#state.level !== 'normal'
  }

  add(connection: GuardedConnection): void {
    this.#connections.add(connection)
    if (this.#connections.size === 1) this.refresh()
  }

  /**
   * Removes a closed connection. Without any connection left, the next measurement sets the overload
   * level to `normal`.
   */
  remove(connection: GuardedConnection): void {
    this.#connections.delete(connection)
  }

  /** Starts or stops the overload guard after a change of the option `overload`. */
  refresh(): void {
    if (!this.#init.server.overload) this.stop()
    else if (this.#connections.size > 0) {
      this.#meter.start()
      this.#check.start()
    }
  }

  /**
   * Ends all measures against overload, and stops the guard. The next connection starts it again.
   */
  stop(): void {
    this.#check.stop()
    this.#meter.stop()
    this.#parts = noPressure
    this.#quiet.clear()
    this.#follow(() => this.#state.reset())
  }

  /**
   * Checks that a new session may be created.
   *
   * @throws {RequestError} `ERR_OVERLOADED`
   */
  checkNewSession(): void {
    const { level } = this.#state
    if (level !== 'refusing' && level !== 'shedding') return
    this.#refusedSetups++
    throw new RequestError('ERR_OVERLOADED', 'the server is overloaded', {
      context: { pressure: pressureOf(this.#parts) },
    })
  }

  #sample(): boolean {
    const { overload, clock } = this.#init.server
    if (!overload || this.#connections.size === 0) {
      this.stop()
      return false
    }
    const now = clock.now()
    this.#parts = this.#meter.measure(overload)
    const value = pressureOf(this.#parts)
    this.#follow(() => this.#state.note(value, now, overload))
    if (value > overload.saveAbove) this.#save(now, shareOfTime(value, overload))
    else if (this.#state.level === 'normal') this.#quiet.clear()
    if (value > overload.shedAbove) this.#shed(overload)
    // A listener may have turned the guard off.
    return this.#init.server.overload !== undefined
  }

  /**
   * Ends sessions that have not played or recorded for a share (0 to 1) of `maxIdleSetup`. Closes
   * connections that have been idle for that share of `idleTimeout`.
   */
  #save(now: number, share: number): void {
    const { server, sessions } = this.#init
    for (const session of [...sessions()]) {
      if (setupProgress(session) >= share) session.end('idleSetup')
    }
    if (server.idleTimeoutMs === 0) return
    const limitMs = server.idleTimeoutMs * share
    for (const connection of [...this.#connections]) {
      if (this.#quiet.note(connection, now) >= limitMs) connection.close()
    }
  }

  /**
   * Ends the viewers with the most unsent bytes, as many as should bring the pressure down to
   * `refuseAbove`.
   */
  #shed({ refuseAbove, maxShedAtOnce }: ResolvedOverloadOptions): void {
    const heaviest = heaviestViewers(this.#connections).slice(0, maxShedAtOnce)
    let excess = this.#meter.queuedBytes() * (1 - refuseAbove / largestPart(this.#parts))
    for (const connection of heaviest) {
      if (excess <= 0) return
      excess -= connection.queuedBytes
      shed(connection)
    }
  }

  /** Calls a function that may change the overload level, and emits an event if it has. */
  #follow(change: () => void): void {
    const previous = this.#state.level
    change()
    if (this.#state.level !== previous) this.#init.changed(this.#report(this.#parts), previous)
  }

  #report(parts: PressureParts): RtspServerPressure {
    const { level } = this.#state
    return { value: pressureOf(parts), parts, level, refusedSetups: this.#refusedSetups }
  }
}

/**
 * Ends the sessions of a connection and destroys the connection. Sends no RTCP BYE, because it
 * would be queued after the unsent bytes.
 */
function shed(connection: GuardedConnection): void {
  for (const session of [...connection.sessions]) {
    if (endsWith(session, connection)) session.end('overload')
  }
  connection.destroy()
}

const pressureOf = (parts: PressureParts): number => Math.min(1, largestPart(parts))
