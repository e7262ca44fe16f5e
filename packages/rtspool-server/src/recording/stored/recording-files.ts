import { join } from 'node:path'
import type { Clock, ClockTimer } from 'rtspool'
import { endOrDeadline } from '../deadline.js'
import type { MachineUptime } from '../machine-uptime.js'
import type { RecordingPlan } from '../recording-plan.js'
import { ExportSlots } from './export-slots.js'
import { FileIndexes } from './file-indexes.js'
import { type RemovalCause, removeOld } from './retention.js'
import { SegmentAges } from './segment-ages.js'
import { SegmentCatalog, type StoredSegment } from './segment-catalog.js'

/**
 * Maximum number of exports at the same time: each one needs turns of a disk, and memory for the positions of
 * fragments.
 */
const maxExports = 4
/** Maximum number of reads at the same time by web pages that play recordings; each read takes a moment only. */
const maxPlayed = 8
const tidyIntervalMs = 60_000
/** Milliseconds for which one list of files answers all who follow a recording; each of these asks twice a second. */
const recentMs = 1_500
/** Maximum age in milliseconds of the last change of a file without an end that another process may still write. */
const writingMs = 120_000

export interface RecordingFilesOptions {
  readonly clock: Clock
  readonly uptime: MachineUptime
  /** Returns the plans of all recordings in the present configuration. */
  readonly plans: () => readonly RecordingPlan[]
  /** Returns the paths (folder and name) of the files that recorders of this process have open. */
  readonly open: () => ReadonlySet<string>
  readonly onRemoved: (plan: RecordingPlan, segment: StoredSegment, cause: RemovalCause) => void
  /** Called when the old files of a recording cannot be listed or removed, with the error of the system. */
  readonly onFailed: (plan: RecordingPlan, error: unknown) => void
}

/** Files of all recordings: lists them, and once a minute removes those beyond the limits on age and bytes. */
export class RecordingFiles {
  readonly #options: RecordingFilesOptions
  readonly #catalogs = new Map<string, SegmentCatalog>()
  /** Latest list of the files of each recording, and the time in milliseconds of the clock at which it was begun. */
  readonly #recent = new Map<
    string,
    { readonly atMs: number; readonly segments: Promise<readonly StoredSegment[]> }
  >()
  /** Removals of old files that have begun, by recording. Each promise resolves at the end of its removal. */
  readonly #tidying = new Map<RecordingPlan, Promise<void>>()
  readonly #ages: SegmentAges
  readonly indexes = new FileIndexes()
  readonly exports = new ExportSlots(maxExports)
  readonly played = new ExportSlots(maxPlayed)
  #timer: ClockTimer

  constructor(options: RecordingFilesOptions) {
    this.#options = options
    this.#ages = new SegmentAges(options.uptime)
    this.#timer = this.#schedule()
  }

  /**
   * Returns the files of a recording, the oldest first.
   *
   * @throws The error of the system.
   */
  list(plan: RecordingPlan): Promise<readonly StoredSegment[]> {
    return this.#catalogOf(plan).list()
  }

  /**
   * Returns the files of a recording, the oldest first, as they were within the last 1.5 s. Files that a recorder of
   * this process has begun or closed since then are listed anew.
   *
   * @throws The error of the system.
   */
  recent(plan: RecordingPlan): Promise<readonly StoredSegment[]> {
    const key = keyOf(plan)
    const atMs = this.#options.clock.now()
    const kept = this.#recent.get(key)
    if (kept && atMs - kept.atMs < recentMs) return kept.segments
    const segments = this.list(plan)
    const entry = { atMs, segments }
    this.#recent.set(key, entry)
    segments.catch(() => {
      if (this.#recent.get(key) === entry) this.#recent.delete(key)
    })
    return segments
  }

  /** Notes that a recorder has begun or closed a file of a recording, so that the next list reads the folder again. */
  noteChange(plan: RecordingPlan): void {
    this.#recent.delete(keyOf(plan))
    this.#catalogOf(plan).noteChange()
  }

  /** Returns whether a file is being written, by a recorder of this process or, as far as can be seen, of another one. */
  isOpen(plan: RecordingPlan, { file, isClosed, changedMs }: StoredSegment): boolean {
    if (this.#options.open().has(join(plan.folder, file))) return true
    return !isClosed && Math.abs(this.#options.clock.unixTimeMs() - changedMs) < writingMs
  }

  /**
   * Deletes files, except those that are being written.
   *
   * @returns The deleted files.
   * @throws The error of the system.
   */
  async remove(
    plan: RecordingPlan,
    segments: readonly StoredSegment[],
  ): Promise<readonly StoredSegment[]> {
    const closed = segments.filter((segment) => !this.isOpen(plan, segment))
    for (const segment of closed) {
      await this.#catalogOf(plan).remove(segment)
      this.#options.onRemoved(plan, segment, 'deleted')
    }
    return closed
  }

  /** Removes the files of a recording that are beyond its limits on age and bytes. Never rejects. */
  tidy(plan: RecordingPlan): Promise<void> {
    const running = this.#tidying.get(plan) ?? this.#tidy(plan)
    this.#tidying.set(plan, running)
    return running
  }

  /** Stops removing files. Waits for the removals that have begun, for 5 s at most if the disk hangs. */
  async close(): Promise<void> {
    this.#timer.cancel()
    await endOrDeadline(Promise.all(this.#tidying.values()), this.#options.clock)
  }

  async #tidy(plan: RecordingPlan): Promise<void> {
    const { clock, onRemoved, onFailed } = this.#options
    this.#ages.observe(clock.unixTimeMs())
    try {
      await removeOld(plan, this.#catalogOf(plan), {
        ages: this.#ages,
        isOpen: (segment) => this.isOpen(plan, segment),
        onRemoved: (segment, cause) => onRemoved(plan, segment, cause),
      })
    } catch (error) {
      onFailed(plan, error)
    } finally {
      this.#tidying.delete(plan)
    }
  }

  #catalogOf(plan: RecordingPlan): SegmentCatalog {
    const key = keyOf(plan)
    const catalog = this.#catalogs.get(key) ?? new SegmentCatalog(plan)
    this.#catalogs.set(key, catalog)
    return catalog
  }

  #schedule(): ClockTimer {
    const tidyAll = (): void => {
      for (const plan of this.#options.plans()) void this.tidy(plan)
      this.#timer = this.#schedule()
    }
    return this.#options.clock.schedule(tidyAll, tidyIntervalMs, false)
  }
}

const keyOf = ({ name, folder }: RecordingPlan): string => `${name} ${folder}`
