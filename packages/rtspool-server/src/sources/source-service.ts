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
  /** The plans have been replaced. */
  updated: []
  /** A source has entered another state, which `status` names. */
  stateChanged: [status: SourceStatus]
  /** A program has written a line to its standard error. The text is safe to log. */
  says: [path: string, line: string]
  /** A source leaves out streams, whose codecs (`names`), such as `AC-3`, cannot be served. */
  leftOut: [path: string, names: readonly string[]]
}

export interface SourceServiceOptions {
  /** Clock of all sources, which tests replace. @default the clock of the machine */
  readonly clock?: Clock | undefined
  /** Function that starts the program of a source, which tests replace. @default as a child process */
  readonly start?: StartProgram | undefined
  /**
   * True to mount the sources, but to start those with `alwaysOn` only when {@link SourceService.begin} is called: for
   * a server that does not listen yet. @default false
   */
  readonly isHeld?: boolean | undefined
}

/** Step of {@link SourceService.update}, which is undone if a later step fails. */
interface Change {
  undo(): void
  /** Completes the step in a way that cannot be undone. Called once all steps have succeeded. */
  finish?(): void
}

/** Sources of the configuration, each mounted at its path. */
export class SourceService extends EventEmitter<SourceEvents> {
  readonly #mounts: MountPoints
  readonly #clock: Clock
  readonly #start: StartProgram
  #isHeld: boolean
  readonly #sources = new Map<string, ExecSource | PullSource>()
  /** Promises that resolve at the end of removed sources, by path. */
  readonly #ending = new Map<string, Promise<void>>()

  constructor(
    mounts: MountPoints,
    { clock = systemClock, start = startProgram, isHeld = false }: SourceServiceOptions = {},
  ) {
    super()
    this.#mounts = mounts
    this.#clock = clock
    this.#start = start
    this.#isHeld = isHeld
  }

  /** Starts the sources with `alwaysOn` that {@link SourceServiceOptions.isHeld} has held back. */
  begin(): void {
    this.#isHeld = false
    for (const source of this.#sources.values()) source.begin()
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
   * Replaces the plans. Sources with an equal plan go on, and pulls change while they run. Other programs end with
   * their viewers, and new sources begin.
   *
   * @throws {TypeError | RangeError} A plan cannot be used. Then all sources are as before.
   */
  update(plans: readonly SourcePlan[]): void {
    const changes: Change[] = []
    try {
      for (const plan of plans) this.#prepare(plan, changes)
    } catch (error) {
      for (const { undo } of changes.reverse()) undo()
      throw error
    }
    const paths = new Set(plans.map(({ path }) => path))
    for (const [path, source] of this.#sources) if (!paths.has(path)) this.#remove(path, source)
    for (const { finish } of changes) finish?.()
    this.emit('updated')
  }

  /** Ends all sources. Resolves when their programs have ended. */
  async close(): Promise<void> {
    this.update([])
    await Promise.all(this.#ending.values())
  }

  /** Creates or changes the source of a plan, and adds to `changes` the steps to undo or finish this. */
  #prepare(plan: SourcePlan, changes: Change[]): void {
    const source = this.#sources.get(plan.path)
    if (source && isDeepStrictEqual(plan, source.plan)) return
    if (plan.kind === 'pull' && source instanceof PullSource) {
      const was = source.plan
      changes.push({ undo: () => source.update(was) })
      source.update(plan)
    } else if (source) this.#replace(plan, source, changes)
    else this.#add(plan, changes)
  }

  #add(plan: SourcePlan, changes: Change[]): void {
    const { path } = plan
    const source = this.#create(plan, this.#ending.get(path))
    changes.push({ undo: () => this.#end(path, source) })
    this.#mounts.add(path, source.factory)
    this.#sources.set(path, source)
    changes.push({ undo: () => void this.#mounts.remove(path) })
  }

  #replace(plan: SourcePlan, old: ExecSource | PullSource, changes: Change[]): void {
    const { path } = plan
    let free = (): void => undefined
    const isFree = new Promise<void>((resolve) => {
      free = resolve
    })
    const source = this.#create(plan, isFree)
    const finish = (): void => {
      this.#remove(path, old)
      void this.#ending.get(path)?.then(free)
      this.#sources.set(path, source)
      this.#mounts.add(path, source.factory)
    }
    const undo = (): void => {
      this.#end(path, source)
      free()
    }
    changes.push({ undo, finish })
  }

  /**
   * @param isFree - Resolves when another source of the path has ended. The program of the new source starts after
   * that.
   */
  #create(plan: SourcePlan, isFree: Promise<void> | undefined): ExecSource | PullSource {
    const { path } = plan
    const [clock, isHeld] = [this.#clock, this.#isHeld]
    const changed = (status: SourceStatus): void => void this.emit('stateChanged', status)
    if (plan.kind === 'pull') return new PullSource(plan, { clock, changed, isHeld })
    return new ExecSource(plan, {
      ...{ clock, isHeld },
      start: startAfter(isFree, this.#start),
      events: {
        changed,
        says: (line) => void this.emit('says', path, line),
        leftOut: (names) => void this.emit('leftOut', path, names),
      },
    })
  }

  #remove(path: string, source: ExecSource | PullSource): void {
    this.#mounts.remove(path)
    this.#end(path, source)
  }

  #end(path: string, source: ExecSource | PullSource): void {
    if (this.#sources.get(path) === source) this.#sources.delete(path)
    const ended = Promise.all([this.#ending.get(path), source.close()]).then(() => {
      if (this.#ending.get(path) === ended) this.#ending.delete(path)
    })
    this.#ending.set(path, ended)
  }
}

/**
 * Returns a function that starts a program once the former program of the path has ended, because both may use the same
 * camera.
 *
 * @param ended - Promise of that end; `undefined` = there is no former program.
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
