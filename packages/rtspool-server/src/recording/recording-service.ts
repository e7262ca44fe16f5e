import { EventEmitter } from 'node:events'
import { type Clock, type ClockTimer, type MediaInfo, type RtspServer, systemClock } from 'rtspool'
import { type MachineUptime, machineUptime } from './machine-uptime.js'
import {
  Recorder,
  type RecorderListener,
  type RecordingEnd,
  type RecordingFailure,
} from './recorder.js'
import type { RecordingEvents } from './recording-events.js'
import {
  isSamePlan,
  type RecordingCondition,
  type RecordingPlan,
  recordsPath,
} from './recording-plan.js'
import { Conditions } from './rules/conditions.js'
import type { MotionFeed } from './rules/motion-condition.js'
import { isScheduled } from './rules/schedule.js'
import { Switches } from './rules/switches.js'
import type { ClosedSegment } from './segment.js'
import { diskStore, type SegmentStore } from './segment-store.js'
import { RecordingFiles } from './stored/recording-files.js'
import { TimeZone } from './time-zone.js'

/** Seconds from a failed write of a recording to the next attempt. */
const retrySeconds = 30
/** Seconds from the end of a source that the recording itself starts to the next start of this source. */
const sourceRetrySeconds = 10

const minuteMs = 60_000

const nothingMoves: MotionFeed = { movingPaths: [], on: () => {}, off: () => {} }

export interface RecordingServiceOptions {
  /** Clock for file times, schedules and retries, which tests replace. @default the clock of the machine */
  readonly clock?: Clock | undefined
  /** Store that creates the files of recordings, which tests replace. @default files on the disk */
  readonly store?: SegmentStore | undefined
  /** Clock that nobody can set, by which the age of files is judged. @default the uptime of the machine */
  readonly uptime?: MachineUptime | undefined
  /** Motion before cameras, for recordings with `when: motion`. @default nothing moves */
  readonly motion?: MotionFeed | undefined
}

/**
 * Records media of a server as the configuration says. A media is recorded while it runs for its viewers or its
 * publisher. The recording does not keep the media running, unless the recording starts the source itself.
 */
export class RecordingService extends EventEmitter<RecordingEvents> {
  readonly #server: RtspServer
  readonly #clock: Clock
  readonly #store: SegmentStore
  readonly #uptime: MachineUptime
  readonly #recorders = new Set<Recorder>()
  readonly #retries = new Map<RecordingPlan, Set<ClockTimer>>()
  readonly #listener: RecorderListener
  readonly #onMedia = (media: MediaInfo): void => this.#mediaStarted(media)
  readonly #switches: Switches
  readonly #conditions: Conditions
  /** Recorded files of all plans, which this object lists and removes. */
  readonly files: RecordingFiles
  #plans: readonly RecordingPlan[] = []
  /** Plans that were to record at the last check of the schedules, which the service makes once a minute. */
  #onTime = new Set<RecordingPlan>()
  #scheduleTimer: ClockTimer
  #isClosed = false

  constructor(
    server: RtspServer,
    {
      clock = systemClock,
      store = diskStore,
      uptime = machineUptime(),
      motion = nothingMoves,
    }: RecordingServiceOptions = {},
  ) {
    super()
    this.#server = server
    this.#clock = clock
    this.#store = store
    this.#uptime = uptime
    this.#switches = new Switches(clock, (name) => this.#switchIsOver(name))
    this.#conditions = new Conditions(server, motion, clock, (plan) => this.#follow(plan))
    this.#listener = {
      started: (recorder, refused) => {
        this.files.noteChange(recorder.plan)
        this.emit('started', recorder, refused)
      },
      segmentClosed: (recorder, segment) => this.#segmentClosed(recorder, segment),
      failed: (recorder, failure, error) => this.#failed(recorder, failure, error),
      ended: (recorder, end) => this.#ended(recorder, end),
    }
    server.on('mediaStarted', this.#onMedia)
    this.#scheduleTimer = this.#nextMinute()
    this.files = new RecordingFiles({
      ...{ clock, uptime },
      plans: () => this.#plans,
      open: () => new Set([...this.#recorders].flatMap(({ openFiles }) => [...openFiles])),
      onRemoved: (plan, segment, cause) => void this.emit('removed', plan, segment, cause),
      onFailed: (plan, error) => void this.emit('removalFailed', plan, error),
    })
  }

  /** Recorders that run, in the order in which they began. */
  get recorders(): Iterable<Recorder> {
    return this.#recorders
  }

  get plans(): readonly RecordingPlan[] {
    return this.#plans
  }

  /**
   * Replaces the plans. Recordings with an unchanged plan go on; all others end, and recordings with new plans begin.
   */
  update(plans: readonly RecordingPlan[]): void {
    const isKept = (plan: RecordingPlan): boolean => plans.some((each) => isSamePlan(each, plan))
    for (const plan of this.#plans) if (!isKept(plan)) void this.#drop(plan)
    const before = this.#plans
    this.#plans = plans.map((plan) => before.find((each) => isSamePlan(each, plan)) ?? plan)
    this.#conditions.update(this.#plans)
    for (const plan of this.#plans) if (!before.includes(plan)) this.#begin(plan)
    this.#onTime = new Set(this.#plans.filter((plan) => this.isRunning(plan)))
    this.emit('updated')
  }

  /**
   * Returns whether a recording is on, even if there is no media to record, or if it waits for its condition `when`. A
   * start or stop by the control API counts more than `autoStart` and the schedule.
   */
  isRunning({ name, autoStart, schedule, timeZone }: RecordingPlan): boolean {
    const isTime = (): boolean =>
      isScheduled(schedule, this.#clock.unixTimeMs(), new TimeZone(timeZone))
    return this.#switches.isOn(name) ?? (autoStart && isTime())
  }

  /** Returns the condition that decides now: that of the plan, or `always` after a start by the control API. */
  conditionOf({ name, when }: RecordingPlan): RecordingCondition {
    return this.#switches.isOn(name) === true ? 'always' : when
  }

  /** Returns the end of a start that the control API has limited to some seconds; `undefined` without such a start. */
  untilOf({ name }: RecordingPlan): Date | undefined {
    return this.#switches.untilOf(name)
  }

  /**
   * Starts a recording that was stopped, or that does not start by itself.
   *
   * @param seconds - Seconds after which the settings of the recording decide again. @default until the next start or
   * stop
   */
  start(plan: RecordingPlan, seconds?: number): void {
    if (seconds === undefined) this.#switches.set(plan.name, true)
    else this.#switches.setFor(plan.name, seconds)
    this.#begin(plan)
  }

  /** Stops a recording until {@link start} is called for its plan. Resolves when the files are closed. */
  async stop(plan: RecordingPlan): Promise<void> {
    this.#switches.set(plan.name, false)
    await this.#drop(plan)
  }

  /** Ends all recordings: writes the samples that wait in memory, and closes the files. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#scheduleTimer.cancel()
    this.#switches.close()
    this.#conditions.close()
    this.#server.off('mediaStarted', this.#onMedia)
    for (const timers of this.#retries.values()) for (const timer of timers) timer.cancel()
    this.#retries.clear()
    await Promise.all([...this.#recorders].map((recorder) => recorder.stop()))
    await this.files.close()
  }

  #switchIsOver(name: string): void {
    const plan = this.#plans.find((each) => each.name === name)
    if (plan) this.#follow(plan)
  }

  /** Ends the recorders that a plan no longer wants, and begins those that it wants. */
  #follow(plan: RecordingPlan): void {
    if (!this.isRunning(plan)) {
      void this.#drop(plan)
      return
    }
    for (const recorder of this.#recorders)
      if (recorder.plan === plan && !this.#wants(plan, recorder.path)) void recorder.stop()
    this.#record(plan)
  }

  /** Returns whether a plan is to record a path now. A start by the control API counts more than the condition. */
  #wants(plan: RecordingPlan, path: string): boolean {
    const isStarted = this.#switches.isOn(plan.name)
    return isStarted ?? (this.isRunning(plan) && this.#conditions.holds(plan, path))
  }

  /** Starts the timer for the next look at the schedules, which is at the next full minute of the wall clock. */
  #nextMinute(): ClockTimer {
    const delayMs = minuteMs - (this.#clock.unixTimeMs() % minuteMs)
    return this.#clock.schedule(
      () => {
        this.#followSchedules()
        this.#scheduleTimer = this.#nextMinute()
      },
      delayMs,
      false,
    )
  }

  #followSchedules(): void {
    const before = this.#onTime
    const planned = this.#plans.filter(({ schedule }) => schedule.length > 0)
    this.#onTime = new Set(planned.filter((plan) => this.isRunning(plan)))
    for (const plan of planned) {
      if (this.#onTime.has(plan) && !before.has(plan)) this.#begin(plan)
      else if (!this.#onTime.has(plan) && before.has(plan)) void this.#drop(plan)
    }
  }

  async #drop(plan: RecordingPlan): Promise<void> {
    for (const timer of this.#retries.get(plan) ?? []) timer.cancel()
    this.#retries.delete(plan)
    const own = [...this.#recorders].filter((recorder) => recorder.plan === plan)
    await Promise.all(own.map((recorder) => recorder.stop()))
  }

  #begin(plan: RecordingPlan): void {
    void this.files.tidy(plan)
    if (this.isRunning(plan)) this.#record(plan)
  }

  /** Starts a recorder for each media that a plan wants and that is not recorded yet, or the source of the plan. */
  #record(plan: RecordingPlan): void {
    if (plan.startSource) {
      const isStarted = [...this.#recorders].some((recorder) => recorder.plan === plan)
      if (!isStarted) this.#start(plan, undefined)
      return
    }
    for (const media of this.#server.media) if (media.startedTime) this.#offer(plan, media)
  }

  #mediaStarted(media: MediaInfo): void {
    for (const plan of this.#plans) if (!plan.startSource) this.#offer(plan, media)
  }

  /** Records a media if the plan includes it. Stored media, each of which has one viewer that seeks, are not recorded. */
  #offer(plan: RecordingPlan, media: MediaInfo): void {
    if (media.durationSeconds !== undefined || !recordsPath(plan, media.path)) return
    const isRecorded = [...this.#recorders].some(
      (each) => each.plan === plan && each.media === media,
    )
    if (!isRecorded) this.#start(plan, media)
  }

  #start(plan: RecordingPlan, media: MediaInfo | undefined): void {
    const running = [...this.#recorders].filter((recorder) => recorder.plan === plan)
    const isWanted = this.#wants(plan, media?.path ?? plan.path)
    if (this.#isClosed || !isWanted || running.length >= plan.maxMedia) return
    const recorder = new Recorder({
      ...{ server: this.#server, clock: this.#clock, store: this.#store, uptime: this.#uptime },
      ...{ plan, media, listener: this.#listener },
    })
    this.#recorders.add(recorder)
  }

  #segmentClosed(recorder: Recorder, segment: ClosedSegment): void {
    this.files.noteChange(recorder.plan)
    this.emit('segmentClosed', recorder, segment)
    void this.files.tidy(recorder.plan)
  }

  #failed(recorder: Recorder, failure: RecordingFailure, error: unknown): void {
    const seconds = { writeFailed: retrySeconds, sourceFailed: sourceRetrySeconds }
    this.emit('failed', recorder, failure, error, seconds[failure as keyof typeof seconds])
    if (failure === 'writeFailed') this.#later(recorder, retrySeconds)
  }

  #ended(recorder: Recorder, end: RecordingEnd): void {
    const { plan } = recorder
    this.#recorders.delete(recorder)
    if (recorder.hasStarted) this.emit('stopped', recorder, end)
    if (end === 'stopped') {
      // Somebody may have started the recording again while its files were being closed.
      if (!this.#isClosed && this.#plans.includes(plan)) this.#begin(plan)
      return
    }
    if (plan.startSource && !this.#retries.get(plan)?.size)
      this.#later(recorder, sourceRetrySeconds)
  }

  #later({ plan, media }: Recorder, seconds: number): void {
    if (this.#isClosed || !this.#plans.includes(plan)) return
    const timers = this.#retries.get(plan) ?? new Set()
    this.#retries.set(plan, timers)
    const again = (): void => {
      timers.delete(timer)
      if (!media) this.#begin(plan)
      else if (this.#server.media.get(media.publicId)) this.#offer(plan, media)
    }
    const timer = this.#clock.schedule(again, seconds * 1000, false)
    timers.add(timer)
  }
}
