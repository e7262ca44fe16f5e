import { z } from 'zod'
import type { RecordingPlan } from '../../../recording/recording-plan.js'
import type { StoredSegment } from '../../../recording/stored/segment-catalog.js'
import type { ControlledServer } from '../../controlled-server.js'
import { Problem } from '../../problem.js'
import { text } from '../../values.js'

/** Schema of the path parameter `name` of a request: the name of a recording, 1 to 64 characters. */
export const namedRecording = z.strictObject({ name: z.string().min(1).max(64) })
/** Schema of a time: a text in ISO 8601 with a zone, parsed to milliseconds since 1970. */
export const moment = z.iso
  .datetime({ offset: true })
  .transform((value) => Date.parse(value))
  .pipe(z.number())

/** Schemas of the query parameters of a request that select files of a recording by path and time. */
export const segmentRange = {
  path: text.startsWith('/').optional().describe('Decoded path. Default: all'),
  from: moment.optional().describe('Only files that end after this time'),
  to: moment.optional().describe('Only files that begin before this time'),
}

/**
 * Selection of files of a recording: those of `path` with a time between `from` and `to`, in milliseconds since 1970.
 * `undefined` sets no limit.
 */
export interface SegmentRange {
  readonly path?: string | undefined
  readonly from?: number | undefined
  readonly to?: number | undefined
}

/** Finds the settings of a recording by its name. @throws {Problem} `not-found` */
export function planOf({ recordings }: ControlledServer, name: string): RecordingPlan {
  const plan = recordings.plans.find((each) => each.name === name)
  if (plan) return plan
  throw new Problem('not-found', 'no recording has the name', {
    wrong: [{ where: 'path.name', expected: 'name of a recording', got: JSON.stringify(name) }],
  })
}

/**
 * Returns the files of a recording that lie in a range or overlap with it, the oldest first.
 *
 * @throws The error of the system.
 */
export async function segmentsIn(
  { recordings }: ControlledServer,
  plan: RecordingPlan,
  { path, from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY }: SegmentRange,
): Promise<StoredSegment[]> {
  const segments = await recordings.files.list(plan)
  return segments.filter(
    (each) => (path === undefined || each.path === path) && each.endMs > from && each.startMs < to,
  )
}
