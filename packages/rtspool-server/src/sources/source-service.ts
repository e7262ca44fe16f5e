import { EventEmitter } from 'node:events'
import { isDeepStrictEqual } from 'node:util'
import { type Clock, type MountPoints, systemClock } from 'rtspool'
import type { ExecPlan } from './exec/exec-plan.js'
import { ExecSource } from './exec/exec-source.js'
import { type RunningProgram, type StartProgram, startProgram } from './exec/program.js'
import type { PullPlan } from './pull/pull-plan.js'
import { PullSource } from './pull/pull-source.js'
import type { SourceStatus } from './source-status.js'

/** Settings of the source of one path. */
export type SourcePlan = ExecPlan | PullPlan

export interface SourceEvents {
  /** A source has entered another state. */
  stateChanged: [status: SourceStatus]
  /** A program has written a line to its standard error. The text is safe to log. */
  says: [path: string, line: string]
  /** Streams of a source that cannot be served. */
  leftOut: [path: string, names: readonly string[]]
}

export interface SourceServiceOptions {
  /** @default the clock of the machine */
  readonly clock?: Clock | undefined
  /** @default child processes */
  readonly start?: StartProgram | undefined
}

/** Sources of the configuration, each mounted at its path. */
export class SourceService extends EventEmitter<SourceEvents> {
  readonly #mounts: MountPoints
  readonly #clock: Clock
  readonly #start: StartProgram
  readonly #sources = new Map<string, ExecSource | PullSource>()
  /** Ends of sources that were removed, by path. */
  readonly #ending = new Map<string, Promise<void>>()

  constructor(
    mounts: MountPoints,
    { clock = systemClock, start = startProgram }: SourceServiceOptions = {},
  ) {
    super()
    this.#mounts = mounts
    this.#clock = clock
    this.#start = start
  }

  /** Statuses of all sources, in the order of their paths. */
  get statuses(): SourceStatus[] {
    const sources = [...this.#sources.values()].map(({ status }) => status)
    return sources.sort((one, other) => (one.path < other.path ? -1 : 1))
  }

  get plans(): SourcePlan[] {
    return [...this.#sources.values()].map(({ plan }) => plan)
  }

  /**
   * Uses other plans. Sources whose plan is the same go on, and pulls change while they run. Other programs end with their
   * viewers, and new sources begin.
   */
  update(plans: readonly SourcePlan[]): void {
    for (const [path, source] of this.#sources) {
      const next = plans.find((plan) => plan.path === path)
      if (isDeepStrictEqual(next, source.plan)) continue
      if (next?.kind === 'pull' && source instanceof PullSource) source.update(next)
      else this.#remove(path, source)
    }
    for (const plan of plans) if (!this.#sources.has(plan.path)) this.#add(plan)
  }

  /** Ends all sources. Resolves when their programs have ended. */
  async close(): Promise<void> {
    this.update([])
    await Promise.all(this.#ending.values())
  }

  #add(plan: SourcePlan): void {
    const source = this.#create(plan)
    this.#sources.set(plan.path, source)
    this.#mounts.add(plan.path, source.factory)
  }

  #create(plan: SourcePlan): ExecSource | PullSource {
    const { path } = plan
    const clock = this.#clock
    const changed = (status: SourceStatus): void => void this.emit('stateChanged', status)
    if (plan.kind === 'pull') return new PullSource(plan, { clock, changed })
    return new ExecSource(plan, {
      clock,
      start: startAfter(this.#ending.get(path), this.#start),
      events: {
        changed,
        says: (line) => void this.emit('says', path, line),
        leftOut: (names) => void this.emit('leftOut', path, names),
      },
    })
  }

  #remove(path: string, source: ExecSource | PullSource): void {
    this.#mounts.remove(path)
    this.#sources.delete(path)
    const ended = Promise.all([this.#ending.get(path), source.close()]).then(() => {
      if (this.#ending.get(path) === ended) this.#ending.delete(path)
    })
    this.#ending.set(path, ended)
  }
}

/**
 * Lets a program start only when another one has ended, which may use the same camera.
 *
 * @param ended - `undefined` = there is no other.
 */
function startAfter(ended: Promise<void> | undefined, start: StartProgram): StartProgram {
  if (!ended) return start
  let isFree = false
  const free = ended.then(() => {
    isFree = true
  })
  return (plan, listener, clock) => {
    if (isFree) return start(plan, listener, clock)
    let program: RunningProgram | undefined
    let isStopped = false
    void free.then(() => {
      if (isStopped) listener.ended({ code: null, signal: null, notStarted: undefined })
      else program = start(plan, listener, clock)
    })
    return {
      get pid() {
        return program?.pid
      },
      stop: () => {
        isStopped = true
        program?.stop()
      },
    }
  }
}
