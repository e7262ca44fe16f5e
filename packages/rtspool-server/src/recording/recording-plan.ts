import { isDeepStrictEqual } from 'node:util'
import { defaultFilePattern } from './file-pattern.js'

/** Conditions for a recording to run by itself. */
export const recordingConditions = ['always', 'watched', 'published', 'motion'] as const
export type RecordingCondition = (typeof recordingConditions)[number]

/** Settings of one recording, as the configuration gives them. */
export interface RecordingPlan {
  /** Name of the recording in the configuration. */
  readonly name: string
  /** Path that is recorded, or a pattern such as `/live/*` for all paths below. */
  readonly path: string
  /** Folder of the files. */
  readonly folder: string
  /** Pattern of the file names, relative to the folder: `{path}/{year}-{month}-{day}/{hour}-{minute}-{second}.mp4`. */
  readonly file: string
  /**
   * Time zone of file names, segment ends and schedule: `UTC`, `local` (of the machine), or a name like
   * `Europe/Berlin`.
   */
  readonly timeZone: string
  /** Length of a file in seconds. A new file begins with the key frame after each multiple: 3600 = each full hour. */
  readonly segmentSeconds: number
  /** True to start the source of the path and to keep it running; false to record while it runs for others. */
  readonly startSource: boolean
  /** Maximum number of media that are recorded at the same time; further ones are not recorded. */
  readonly maxMedia: number
  /** True to record from the start on; false to wait for a start by the control API. */
  readonly autoStart: boolean
  /** Times of the week at which the recording runs, such as `mon-fri 22:00-06:00` in its time zone; empty = always. */
  readonly schedule: readonly string[]
  /**
   * Condition for the recording to run by itself: `always`, or only while clients play (`watched`) or publish
   * (`published`) at {@link whenPath}, or something moves before the camera of that path (`motion`).
   */
  readonly when: RecordingCondition
  /** Path or pattern that {@link when} is about; `undefined` = each recorded path for itself. */
  readonly whenPath?: string | undefined
  /** Seconds for which the recording goes on after {@link when} has ceased to hold. */
  readonly keepSeconds: number
  /** Age in hours above which a file of the recording is removed; 0 = never. */
  readonly maxAgeHours: number
  /** Maximum bytes of all files of the recording together, above which the oldest ones are removed; 0 = unlimited. */
  readonly maxBytes: number
}

export const recordingDefaults = Object.freeze({
  file: defaultFilePattern,
  timeZone: 'local',
  segmentSeconds: 3600,
  startSource: false,
  maxMedia: 100,
  autoStart: true,
  schedule: [],
  when: 'always',
  keepSeconds: 10,
  maxAgeHours: 0,
  maxBytes: 100 * 1024 ** 3,
}) satisfies Omit<RecordingPlan, 'name' | 'path' | 'folder'>

/** Returns whether the path of a plan, which may be a pattern such as `/live/*`, matches the path of a media. */
export const recordsPath = ({ path: pattern }: RecordingPlan, path: string): boolean =>
  matchesPath(pattern, path)

/** Returns whether a path is the given one, or is below a pattern such as `/live/*`. */
export const matchesPath = (pattern: string, path: string): boolean =>
  pattern === path || (pattern.endsWith('/*') && path.startsWith(pattern.slice(0, -1)))

export const isSamePlan = (one: RecordingPlan, other: RecordingPlan): boolean =>
  isDeepStrictEqual(one, other)
