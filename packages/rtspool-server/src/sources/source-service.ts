import { EventEmitter } from 'node:events'
import { isDeepStrictEqual } from 'node:util'
import { type Clock, type MountPoints, systemClock } from 'rtspool'
import type { RelaySourceOptions } from 'rtspool/relay'
import type { ExecPlan } from './exec/exec-plan.js'
import { ExecSource } from './exec/exec-source.js'
import { type StartProgram, startProgram } from './exec/program.js'
import { startAfter } from './exec/start-after.js'
import type { PullPlan } from './pull/pull-plan.js'
import { PullSource } from './pull/pull-source.js'
import { type SharedSources, SiblingSource } from './sibling-source.js'
import type { SourceStatus } from './source-status.js'

/** Settings of the source of one path. */
export type SourcePlan = ExecPlan | PullPlan

export interface SourceEvents {
  /** The plans have been replaced. */
  updated: []
  /** A source has entered another state, which `status` names. */
  stateChanged: [status: SourceStatus]
  /** A source that another process has, has entered another state. */
  changedElsewhere: [status: SourceStatus]
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
  /** Division of the sources among several processes. @default this process has all */
  readonly shares?: SharedSources | undefined
}

type Source = ExecSource | PullSource | SiblingSource

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
  #isClosed = false
  /** Pulls from other processes whose sources this process has now, while they have viewers. */
  readonly #retired = new Set<SiblingSource>()
  readonly #shares: SharedSources | undefined
  readonly #sources = new Map<string, Source>()
  /** Promises that resolve at the end of removed sources, by path. */
  readonly #ending = new Map<string, Promise<void>>()

  constructor(
    mounts: MountPoints,
    {
      clock = systemClock,
      start = startProgram,
      isHeld = false,
      shares,
    }: SourceServiceOptions = {},
  ) {
    super()
    this.#mounts = mounts
    this.#clock = clock
    this.#start = start
    this.#shares = shares
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

  /** Statuses of the sources that this process has itself. */
  get ownStatuses(): SourceStatus[] {
    return this.statuses.filter(({ path }) => this.#owns(path))
  }

  /** Notes the status of a source that another process has. */
  noteElsewhere(status: SourceStatus): void {
    const source = this.#sources.get(status.path)
    if (source instanceof SiblingSource && source.note(status))
      this.emit('changedElsewhere', status)
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
    this.#apply(plans)
    this.#shares?.want(plans.map(({ path }) => path))
    this.emit('updated')
  }

  #apply(plans: readonly SourcePlan[]): void {
    const changes: Change[] = []
    try {
      for (const plan of plans) this.#prepare(plan, changes)
    } catch (error) {
      for (const { undo } of changes.reverse()) undo()
      throw error
    }
    const paths = new Set(plans.map(({ path }) => path))
    for (const [path, source] of this.#sources) if (!paths.has(path)) this.#remove(path, source)
    for (const old of this.#retired) if (!paths.has(old.plan.path)) void old.close()
    for (const { finish } of changes) finish?.()
  }

  /** Begins the sources that this process has now, and follows those of the others to their places. */
  refresh(): void {
    if (!this.#isClosed) this.#apply(this.plans)
  }

  /** Ends all sources. Resolves when their programs have ended. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#apply([])
    this.emit('updated')
    await Promise.all([...this.#ending.values(), ...[...this.#retired].map((old) => old.close())])
  }

  /** Creates or changes the source of a plan, and adds to `changes` the steps to undo or finish this. */
  #prepare(plan: SourcePlan, changes: Change[]): void {
    const source = this.#sources.get(plan.path)
    const isElsewhere = !this.#owns(plan.path)
    const isMoved = source !== undefined && source instanceof SiblingSource !== isElsewhere
    if (source && !isMoved && source instanceof SiblingSource) {
      const was = source.plan
      changes.push({ undo: () => source.setPlan(was) })
      source.setPlan(plan)
      source.follow(this.#placeOf(plan.path))
      return
    }
    if (source && !isMoved && isDeepStrictEqual(plan, source.plan)) return
    if (!isMoved && plan.kind === 'pull' && source instanceof PullSource) {
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

  #replace(plan: SourcePlan, old: Source, changes: Change[]): void {
    const { path } = plan
    let free = (): void => undefined
    const isFree = new Promise<void>((resolve) => {
      free = resolve
    })
    const source = this.#create(plan, isFree)
    const finish = (): void => {
      if (old instanceof SiblingSource) this.#retire(old)
      else this.#remove(path, old)
      // Also a program of this process from before the path was removed and added again may be ending.
      void Promise.resolve(this.#ending.get(path)).then(free)
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
  #create(plan: SourcePlan, isFree: Promise<void> | undefined): Source {
    const { path } = plan
    const [clock, isHeld] = [this.#clock, this.#isHeld]
    if (!this.#owns(path)) return new SiblingSource(plan, this.#placeOf(path), clock)
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

  /** Lets the viewers of a source that another process had go on with the one of this process. */
  #retire(old: SiblingSource): void {
    const { path } = old.plan
    this.#mounts.remove(path)
    this.#retired.add(old)
    void old.retire(this.#placeOf(path)).then(() => this.#retired.delete(old))
  }

  #placeOf(path: string): RelaySourceOptions {
    return this.#shares?.placeOf(path) ?? { url: '' }
  }

  #owns(path: string): boolean {
    return this.#shares?.owns(path) ?? true
  }

  #remove(path: string, source: Source): void {
    this.#mounts.remove(path)
    this.#end(path, source)
  }

  #end(path: string, source: Source): void {
    if (this.#sources.get(path) === source) this.#sources.delete(path)
    const ended = Promise.all([this.#ending.get(path), source.close()]).then(() => {
      if (this.#ending.get(path) === ended) this.#ending.delete(path)
    })
    this.#ending.set(path, ended)
  }
}
