import { z } from 'zod'
import type { RecordingPlan } from '../../../recording/recording-plan.js'
import type { StoredSegment } from '../../../recording/stored/segment-catalog.js'
import type { ControlledServer } from '../../controlled-server.js'
import { Problem } from '../../problem.js'
import { text } from '../../values.js'

/** Schema of the name of a recording in a path. */
export const namedRecording = z.strictObject({ name: z.string().min(1).max(64) })
/** Schema of a time, as milliseconds since 1970. */
export const moment = z.iso
  .datetime({ offset: true })
  .transform((value) => Date.parse(value))
  .pipe(z.number())

/** Schemas of the path and the times in a query, which select files of a recording. */
export const segmentRange = {
  path: text.startsWith('/').optional().describe('Decoded path. Default: all'),
  from: moment.optional().describe('Only files that end after this time'),
  to: moment.optional().describe('Only files that begin before this time'),
}

/** Part of the files of a recording; times in milliseconds since 1970. */
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

/** Returns the files of a recording in a range, the oldest first. */
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
