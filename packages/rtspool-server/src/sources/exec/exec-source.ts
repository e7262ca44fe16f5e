import { type Clock, type ClockTimer, MediaFactory, type MediaSource } from 'rtspool'
import type { LiveMedia } from 'rtspool/push'
import { slateOf } from '../slate-file.js'
import type { ExecFailure, SourceState, SourceStatus } from '../source-status.js'
import type { ExecPlan } from './exec-plan.js'
import { type FeedRun, MediaFeed } from './media-feed.js'
import { MediaWaiters, unavailable } from './media-waiters.js'
import type { ProgramEnd, RunningProgram, StartProgram } from './program.js'
import { Restarts } from './restart.js'
import { RunWatch } from './run-watch.js'
import { LineReader, safeText } from './safe-text.js'

/** Milliseconds after which a program that cannot be started is tried again. */
const notStartedMs = 30_000
/**
 * Milliseconds for viewers to return, while the program runs on, after a change of tracks has ended their sessions.
 */
const returnMs = 10_000

export interface ExecSourceEvents {
  /** Called with the new status after each change of the source's state, such as from `starting` to `running`. */
  changed(status: SourceStatus): void
  /** Called with each line that the program writes to its standard error, without secrets and control characters. */
  says(line: string): void
  /** Called with the codecs, such as `AC-3`, of the program's streams that are not served. */
  leftOut(names: readonly string[]): void
}

export interface ExecSourceInit {
  readonly clock: Clock
  readonly start: StartProgram
  readonly events: ExecSourceEvents
  /**
   * True to start the program only for viewers until {@link ExecSource.begin} is called, even with `alwaysOn`.
   * @default false
   */
  readonly isHeld?: boolean
  /** Returns a random number from 0 to 1 for the jitter of the restart delay; tests replace it. @default Math.random */
  readonly random?: () => number
}

/** Cause for which this server ends a program. */
interface StopCause {
  /** Reason of the end; `unwanted` = no viewer needs the program, or the source is being removed. */
  readonly reason: ExecFailure | 'unwanted'
  readonly text: string
}

interface Facts {
  state: SourceState
  since: Date
  until: Date | undefined
  reason: ExecFailure | undefined
  lastError: string | undefined
  bytes: number
}

/**
 * Source of a path whose media a program writes. The program runs while a client watches or waits, or always with
 * `alwaysOn`, and is started again when it ends. Meanwhile viewers stay for `holdSeconds`.
 */
export class ExecSource {
  readonly plan: ExecPlan
  /** Media factory of the source, which the owner mounts at the path of the plan. */
  readonly factory: MediaFactory
  readonly #init: ExecSourceInit
  readonly #clock: Clock
  readonly #feed: MediaFeed
  readonly #waiters: MediaWaiters
  readonly #facts: Facts
  #live: LiveMedia | undefined
  #program: RunningProgram | undefined
  #watch: RunWatch | undefined
  #stopCause: StopCause | undefined
  readonly #restarts: Restarts
  /**
   * `restart`: starts the next run of the program. `hold`: ends the wait of viewers for the next run. `returning`: ends
   * the time for viewers to return after a change of tracks.
   */
  readonly #timers: Record<'restart' | 'hold' | 'returning', ClockTimer | undefined> = {
    restart: undefined,
    hold: undefined,
    returning: undefined,
  }
  /** Function to call when the program has ended; defined once {@link close} has been called. */
  #onEnded: (() => void) | undefined
  #closing: Promise<void> | undefined
  #isHeld: boolean

  constructor(plan: ExecPlan, init: ExecSourceInit) {
    const { clock, events } = init
    this.plan = plan
    this.#init = init
    this.#clock = clock
    this.#isHeld = init.isHeld ?? false
    this.#facts = {
      ...{ state: 'idle', since: new Date(clock.unixTimeMs()), until: undefined },
      ...{ reason: undefined, lastError: undefined, bytes: 0 },
    }
    this.#restarts = new Restarts(clock, init.random ?? Math.random)
    this.#waiters = new MediaWaiters(clock, () => this.#update())
    this.#feed = new MediaFeed(plan, clock, {
      media: (live) => this.#adopt(live),
      wrote: () => this.#watch?.note(this.#feed.units),
      leftOut: (names) => events.leftOut(names),
      wrong: (text) => this.#stop({ reason: 'wrongOutput', text }),
    })
    this.factory = new MediaFactory(() => this.#open(), {
      lingerSeconds: plan.lingerSeconds,
      startTimeoutSeconds: 0,
      // The source itself ends the media after its own `holdSeconds`.
      holdSeconds: Number.POSITIVE_INFINITY,
      slate: plan.slate === undefined ? undefined : slateOf(plan.slate),
      // The query does not change what the program writes.
      sharedKey: ({ path }) => path,
    })
    this.#update()
  }

  get status(): SourceStatus {
    const { path, command } = this.plan
    const [source = ''] = command
    const { attempts } = this.#restarts
    return { path, kind: 'exec', ...this.#facts, attempts, source, pid: this.#program?.pid }
  }

  /** Starts the program if the plan has `alwaysOn`; `isHeld` counts no longer. */
  begin(): void {
    this.#isHeld = false
    this.#update()
  }

  /** Ends the program and the media. Resolves when the program and all that it started have ended. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const ended = new Promise<void>((resolve) => {
      this.#onEnded = resolve
    })
    this.#waiters.refuse('the source is being removed')
    this.#update()
    await Promise.all([this.factory.close(), this.#feed.end(), this.#program && ended])
  }

  get #isWanted(): boolean {
    if (this.#onEnded) return false
    if ((this.plan.alwaysOn && !this.#isHeld) || this.#timers.returning || this.#waiters.size > 0)
      return true
    return this.#live?.isWanted === true
  }

  /** Starts the program if a client or `alwaysOn` needs the program; otherwise ends it. */
  #update(): void {
    if (!this.#isWanted) {
      if (this.#program) this.#stop({ reason: 'unwanted', text: '' })
      else this.#rest()
    } else if (!this.#program && !this.#timers.restart) {
      const { waitMs } = this.#restarts
      if (waitMs > 0) this.#wait('waiting', waitMs)
      else this.#run()
    }
  }

  #run(): void {
    this.#timers.restart?.cancel()
    this.#timers.restart = undefined
    this.#stopCause = undefined
    this.#restarts.attempts++
    const { startSeconds, stallSeconds, environment, passEnvironment } = this.plan
    const stalled = (): void =>
      this.#stop({ reason: 'stalled', text: `no media for ${stallSeconds} s` })
    const watch = new RunWatch(this.#clock, this.#feed.units, {
      startMs: stallSeconds === 0 ? 0 : Math.max(startSeconds, stallSeconds) * 1000,
      stallMs: stallSeconds * 1000,
      onMedia: () => this.#runs(),
      onStall: stalled,
    })
    const run = this.#feed.begin()
    const passed = passEnvironment.flatMap((name) => process.env[name] ?? [])
    const secrets = [...Object.values(environment), ...passed]
    let lastLine: string | undefined
    const lines = new LineReader((line) => {
      lastLine = safeText(line, secrets)
      this.#init.events.says(lastLine)
    })
    this.#watch = watch
    this.#set('starting')
    const listener = {
      stdout: (chunk: Buffer) => {
        this.#facts.bytes += chunk.length
        run.write(chunk)
      },
      stderr: (chunk: Buffer) => lines.push(chunk),
      ended: (end: ProgramEnd) => {
        lines.flush()
        this.#ended(end, { run, watch, lastLine })
      },
    }
    this.#program = this.#init.start(this.plan, listener, this.#clock)
  }

  /** Enters the state `running` after the first access unit of the program, and gives the media to waiting clients. */
  #runs(): void {
    this.#timers.hold?.cancel()
    this.#timers.hold = undefined
    this.#set('running')
    if (this.#live) this.#waiters.resolve(this.#live)
  }

  #stop(cause: StopCause): void {
    this.#stopCause ??= cause
    this.#program?.stop()
  }

  #ended(
    end: ProgramEnd,
    { run, watch, lastLine }: { run: FeedRun; watch: RunWatch; lastLine: string | undefined },
  ): void {
    this.#program = undefined
    watch.close()
    const written = run.end(end.code === 0)
    this.#onEnded?.()
    if (this.#stopCause?.reason === 'unwanted') this.#update()
    else {
      this.#failed(end, watch.mediaMs, lastLine)
      void written.then(() => this.#noteAway())
    }
  }

  /** Lets viewers be sent the slate, if there is one, until the next run of the program writes media. */
  #noteAway(): void {
    if (this.plan.slate !== undefined && this.#timers.hold) this.#live?.noteAway()
  }

  #failed(end: ProgramEnd, mediaMs: number, lastLine: string | undefined): void {
    const { notStarted } = end
    const { reason, text } = this.#stopCause ?? failureOf(end)
    const detail = lastLine === undefined ? '' : `: ${lastLine}`
    this.#facts.reason = reason as ExecFailure
    this.#facts.lastError = `${text}${detail}`
    this.#restarts.noteFailure(mediaMs)
    if (notStarted !== undefined) this.#wait('failed', notStartedMs)
    else this.#wait('waiting', this.#restarts.delay())
    this.#beginHold()
    if (notStarted !== undefined) this.#waiters.refuse(`${this.plan.path}: ${text}`)
    this.#update()
  }

  #wait(state: 'waiting' | 'failed', delayMs: number): void {
    this.#set(state, new Date(this.#clock.unixTimeMs() + delayMs))
    this.#timers.restart = this.#clock.schedule(() => this.#run(), delayMs, false)
  }

  /** Cancels the next start until another viewer arrives: the state becomes `idle`, or stays `failed`. */
  #rest(): void {
    this.#timers.restart?.cancel()
    this.#timers.restart = undefined
    this.#timers.hold?.cancel()
    this.#timers.hold = undefined
    this.#timers.returning?.cancel()
    this.#timers.returning = undefined
    this.#restarts.attempts = 0
    this.#set(this.#facts.state === 'failed' ? 'failed' : 'idle')
  }

  #set(state: SourceState, until?: Date): void {
    const isSame = this.#facts.state === state
    this.#facts.until = until
    this.#facts.state = state
    if (isSame) return
    this.#facts.since = new Date(this.#clock.unixTimeMs())
    this.#init.events.changed(this.status)
  }

  /** Keeps the media and its viewers while the program is away. Ends both after `holdSeconds` without the program. */
  #beginHold(): void {
    const { holdSeconds } = this.plan
    if (this.#timers.hold || !this.#live) return
    const end = (): void => {
      this.#timers.hold = undefined
      this.#live = undefined
      void this.#feed.end()
      this.#update()
    }
    if (holdSeconds === 0) end()
    else this.#timers.hold = this.#clock.schedule(end, holdSeconds * 1000, false)
  }

  #adopt(live: LiveMedia): void {
    if (this.#live?.isWanted) this.#awaitReturn()
    this.#live = live
    live.on('unwanted', () => {
      if (live === this.#live) this.#update()
    })
  }

  #awaitReturn(): void {
    const over = (): void => {
      this.#timers.returning = undefined
      this.#update()
    }
    this.#timers.returning?.cancel()
    this.#timers.returning = this.#clock.schedule(over, returnMs, false)
  }

  async #open(): Promise<MediaSource> {
    if (this.#onEnded) throw unavailable('the source is being removed')
    const live = (await this.#present()) ?? (await this.#next())
    return live.openSource()
  }

  /**
   * Returns the media if the program runs, or has just ended, so that viewers wait for its next run; else `undefined`.
   */
  #present(): LiveMedia | undefined {
    return this.#facts.state === 'running' || this.#timers.hold ? this.#live : undefined
  }

  /** Starts the program, and waits up to `startSeconds` for its media. */
  #next(): Promise<LiveMedia> {
    const { path, startSeconds } = this.plan
    const media = this.#waiters.wait(startSeconds * 1000, () => {
      const { lastError } = this.#facts
      const says = `${path}: the program has written no media within ${startSeconds} s`
      return lastError === undefined ? says : `${says}; ${lastError}`
    })
    // A program that was missing may be there now.
    if (this.#facts.state === 'failed') this.#run()
    else this.#update()
    return media
  }
}

function failureOf({ code, signal, notStarted }: ProgramEnd): StopCause {
  if (notStarted !== undefined) return { reason: 'notStarted', text: notStarted }
  const text = signal === null ? `exit code ${code}` : `ended by ${signal}`
  return { reason: 'exited', text }
}
