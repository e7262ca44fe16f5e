import { z } from 'zod'
import { filePatternText, isFilePattern } from '../../recording/file-pattern.js'
import {
  type RecordingPlan,
  recordingConditions,
  recordingDefaults,
} from '../../recording/recording-plan.js'
import { isTimes, scheduleText } from '../../recording/rules/schedule.js'
import { TimeZone } from '../../recording/time-zone.js'
import { replayDefaults } from '../../replay/replay.js'
import { bytes, count, file, key, pattern, patternText } from '../key-meta.js'

const secondsOfHour = 60 * 60
const secondsOfDay = 24 * 60 * 60

function isTimeZone(name: string): boolean {
  try {
    return new TimeZone(name) instanceof TimeZone
  } catch {
    return false
  }
}

const zoneText = 'UTC, local, or a time zone such as Europe/Berlin'

/** Schema of the settings of one recording. */
const recordingSettings = z.strictObject({
  path: key(pattern(), {
    description: 'path that is recorded; a path that ends in /* means all below it',
    live: true,
    expected: patternText,
    defaultText: 'required',
  }),
  folder: key(file(), {
    description: 'folder of the files, which is created if it does not exist',
    isFile: true,
    live: true,
    expected: 'the path of a folder',
    defaultText: 'required',
    examples: ['/var/lib/rtspool/recordings'],
  }),
  file: key(z.string().refine(isFilePattern, filePatternText).default(recordingDefaults.file), {
    description: 'names of the files, relative to the folder, with the time of their first picture',
    live: true,
    expected: filePatternText,
  }),
  timeZone: key(z.string().refine(isTimeZone, zoneText).default(recordingDefaults.timeZone), {
    description: 'time zone of names, and of the midnight from which the times of segments count',
    live: true,
    expected: zoneText,
  }),
  segmentSeconds: key(z.int().min(1).max(secondsOfDay).default(recordingDefaults.segmentSeconds), {
    description: 'time between two round times, at which a new file begins with a key frame',
    unit: 'seconds',
    live: true,
  }),
  startSource: key(z.boolean().default(recordingDefaults.startSource), {
    description:
      'start the source of the path and keep it running; false = record while it runs for others',
    live: true,
  }),
  autoStart: key(z.boolean().default(recordingDefaults.autoStart), {
    description: 'record from the start on; false = wait for a start by the control API',
    live: true,
  }),
  schedule: key(
    z.array(z.string().refine(isTimes, scheduleText)).default(recordingDefaults.schedule),
    {
      description:
        'times of the week in the time zone of the recording, at which it runs by itself; empty = always',
      live: true,
      expected: `a list of ${scheduleText}`,
      defaultText: 'always',
      examples: [['mon-fri 22:00-06:00', 'sat,sun 00:00-24:00']],
    },
  ),
  when: key(z.enum(recordingConditions).default(recordingDefaults.when), {
    description:
      'condition for the recording to run by itself: always, or only while clients watch or publish, or a camera sees motion',
    live: true,
  }),
  whenPath: key(pattern().optional(), {
    description: 'path at which clients watch or publish, or whose camera sees motion, for `when`',
    live: true,
    expected: patternText,
    defaultText: 'each recorded path for itself',
    examples: ['/live/doorbell'],
  }),
  keepSeconds: key(z.number().min(0).max(secondsOfHour).default(recordingDefaults.keepSeconds), {
    description: 'time for which the recording goes on after `when` has ceased to hold',
    unit: 'seconds',
    live: true,
  }),
  maxAgeHours: key(z.number().min(0).default(recordingDefaults.maxAgeHours), {
    description: 'age after which a file is removed; 0 = never',
    unit: 'hours',
    live: true,
  }),
  maxBytes: key(bytes().default(recordingDefaults.maxBytes), {
    description:
      'size of all files of the recording, above which the oldest are removed; 0 = unlimited',
    unit: 'bytes',
    live: true,
  }),
  maxMedia: key(count().min(1).default(recordingDefaults.maxMedia), {
    description: 'limit on the media that are recorded at the same time',
    live: true,
  }),
})

const name = () => z.string().regex(/^[\w-]{1,64}$/)

/** Section `recordings` of the configuration: recordings by name. */
export const recordingsSection = key(z.record(name(), recordingSettings).default({}), {
  description: 'recordings by name: which paths are recorded, and where',
  live: true,
  defaultText: 'none',
  examples: [{ cameras: { path: '/live/*', folder: 'recordings' } }],
  expected:
    'recordings by name, such as cameras: { path: /live/*, folder: recordings }; each name has letters, digits, - and _',
})

/** Returns the plans (settings) of the recordings that a configuration requires. */
export const recordingPlansOf = (recordings: z.output<typeof recordingsSection>): RecordingPlan[] =>
  Object.entries(recordings).map(([name, settings]) => ({ ...settings, name }))

/** Matches a value of `replay.path`: an absolute path, without a slash at its end. */
const prefix = /^(?:\/[^/*?#%\s]+)+$/

/** Section `replay` of the configuration: the path at which clients play recordings over RTSP. */
export const replaySection = z.strictObject({
  path: key(z.union([z.string().regex(prefix), z.literal(false)]).default(replayDefaults.path), {
    description:
      'path below which recordings are played over RTSP: /replay/live/cam plays those of /live/cam; false = nowhere',
    live: true,
    expected: 'a path such as /replay, or false',
  }),
})
