import type { Clock, ClockTimer, RtspServer, Session } from 'rtspool'
import { matchesPath, type RecordingPlan, recordsPath } from '../recording-plan.js'
import { MotionCondition, type MotionFeed } from './motion-condition.js'

/** States of the sessions that meet a condition. */
const stateFor = { watched: 'Playing', published: 'Recording' } as const

/** Maximum number of paths of one recording for which the condition is kept after the last session. */
const maxKept = 10_000

/** Sessions that meet the condition at one path, and the end of `keepSeconds` after the last of them. */
interface Use {
  sessions: number
  timer: ClockTimer | undefined
}

/** Condition `when` of one recording: tells at which paths clients play or publish, or did some seconds ago. */
class Condition {
  readonly #plan: RecordingPlan
  readonly #state: Session['state']
  readonly #clock: Clock
  readonly #onChange: () => void
  /** Paths at which a session is counted. */
  readonly #pathsOf = new Map<Session, readonly string[]>()
  readonly #uses = new Map<string, Use>()

  constructor(plan: RecordingPlan, state: Session['state'], clock: Clock, onChange: () => void) {
    this.#plan = plan
    this.#state = state
    this.#clock = clock
    this.#onChange = onChange
  }

  holds(path: string): boolean {
    return this.#uses.has(this.#plan.whenPath ?? path)
  }

  /** Counts a session whose state may have changed. */
  note(session: Session): void {
    if (session.state !== this.#state) {
      this.forget(session)
      return
    }
    if (this.#pathsOf.has(session)) return
    const paths = this.#countedPaths(session)
    if (paths.length === 0) return
    this.#pathsOf.set(session, paths)
    for (const path of paths) this.#begin(path)
  }

  forget(session: Session): void {
    const paths = this.#pathsOf.get(session) ?? []
    this.#pathsOf.delete(session)
    for (const path of paths) this.#leave(path)
  }

  close(): void {
    for (const { timer } of this.#uses.values()) timer?.cancel()
  }

  /** Returns the paths of a session that the recording includes, or `whenPath` if the session uses it. */
  #countedPaths({ paths }: Session): readonly string[] {
    const { whenPath } = this.#plan
    const own = [...new Set(paths)]
    if (whenPath === undefined) return own.filter((path) => recordsPath(this.#plan, path))
    return own.some((path) => matchesPath(whenPath, path)) ? [whenPath] : []
  }

  #begin(path: string): void {
    const use = this.#uses.get(path)
    if (use) {
      use.timer?.cancel()
      use.timer = undefined
      use.sessions++
      return
    }
    this.#uses.set(path, { sessions: 1, timer: undefined })
    this.#onChange()
  }

  #leave(path: string): void {
    const use = this.#uses.get(path)
    if (!use || --use.sessions > 0) return
    const { keepSeconds } = this.#plan
    const end = (): void => {
      this.#uses.delete(path)
      this.#onChange()
    }
    if (keepSeconds === 0 || this.#uses.size > maxKept) end()
    else use.timer = this.#clock.schedule(end, keepSeconds * 1000, false)
  }
}

/**
 * Conditions `when` of all recordings that have one: a recording then runs while clients play or publish, or something
 * moves before a camera, and `keepSeconds` longer. Browsers with a live picture are sessions, too. Recordings are not.
 */
export class Conditions {
  readonly #pool: RtspServer['pool']
  readonly #clock: Clock
  readonly #onChange: (plan: RecordingPlan) => void
  readonly #motion: MotionFeed
  readonly #conditions = new Map<RecordingPlan, Condition | MotionCondition>()
  readonly #onState = (session: Session): void => {
    for (const condition of this.#ofSessions()) condition.note(session)
  }
  readonly #onRemoved = (session: Session): void => {
    for (const condition of this.#ofSessions()) condition.forget(session)
  }

  /**
   * @param motion - Motion before cameras, for `when: motion`.
   * @param onChange - Called when the condition of a plan begins or ceases to hold at a path.
   */
  constructor(
    { pool }: Pick<RtspServer, 'pool'>,
    motion: MotionFeed,
    clock: Clock,
    onChange: (plan: RecordingPlan) => void,
  ) {
    this.#motion = motion
    this.#pool = pool
    this.#clock = clock
    this.#onChange = onChange
    pool.on('sessionStateChanged', this.#onState).on('sessionRemoved', this.#onRemoved)
  }

  /** Replaces the plans. Conditions of the same plans (by identity) go on; the others begin with the present sessions. */
  update(plans: readonly RecordingPlan[]): void {
    for (const [plan, condition] of this.#conditions) {
      if (plans.includes(plan)) continue
      condition.close()
      this.#conditions.delete(plan)
    }
    for (const plan of plans) {
      if (plan.when === 'always' || this.#conditions.has(plan)) continue
      const changed = (): void => this.#onChange(plan)
      if (plan.when === 'motion') {
        const condition = new MotionCondition(plan, this.#motion, this.#clock, changed)
        this.#conditions.set(plan, condition)
        continue
      }
      const condition = new Condition(plan, stateFor[plan.when], this.#clock, changed)
      this.#conditions.set(plan, condition)
      for (const session of this.#pool.values()) condition.note(session)
    }
  }

  /** Returns whether the condition of a plan holds for a path that the plan records; true for `always`. */
  holds(plan: RecordingPlan, path: string): boolean {
    return this.#conditions.get(plan)?.holds(path) ?? true
  }

  /** Cancels all timers, and ends the calls of `onChange`. */
  close(): void {
    this.#pool.off('sessionStateChanged', this.#onState).off('sessionRemoved', this.#onRemoved)
    for (const condition of this.#conditions.values()) condition.close()
  }

  /** Returns the conditions that depend on sessions. */
  #ofSessions(): Condition[] {
    return [...this.#conditions.values()].filter((each) => each instanceof Condition)
  }
}
