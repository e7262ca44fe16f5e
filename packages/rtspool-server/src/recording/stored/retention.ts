import type { RecordingPlan } from '../recording-plan.js'
import type { SegmentAges } from './segment-ages.js'
import type { SegmentCatalog, StoredSegment } from './segment-catalog.js'

/** Reason for the removal of a file: it is too old, all files together are too large, or somebody deleted it. */
export type RemovalCause = 'age' | 'size' | 'deleted'

/** Minimum bytes that each file counts towards `maxBytes`, so that many small files are limited as well. */
const leastFileBytes = 64 * 1024
const hourMs = 3_600_000

export interface RetentionOptions {
  readonly ages: SegmentAges
  /** Returns whether a file is being written. Such a file is never removed. */
  readonly isOpen: (segment: StoredSegment) => boolean
  readonly onRemoved: (segment: StoredSegment, cause: RemovalCause) => void
}

/**
 * Removes the files of a recording that are older than `maxAgeHours`, and then the oldest ones until the others are
 * within `maxBytes`. A file that cannot be removed stays, and does not keep the others.
 *
 * @throws The error of the system, for the first file that could not be removed.
 */
export async function removeOld(
  { maxAgeHours, maxBytes }: RecordingPlan,
  catalog: SegmentCatalog,
  { ages, isOpen, onRemoved }: RetentionOptions,
): Promise<void> {
  const segments = ages.sort(await catalog.list())
  const ageOf = ages.judge(segments)
  let total = segments.reduce((sum, segment) => sum + countedBytes(segment), 0)
  const failures: unknown[] = []
  for (const segment of segments) {
    const isOld = maxAgeHours > 0 && ageOf(segment) > maxAgeHours * hourMs
    const isOver = maxBytes > 0 && total > maxBytes
    if (!(isOld || isOver) || isOpen(segment)) continue
    try {
      await catalog.remove(segment)
    } catch (error) {
      failures.push(error)
      continue
    }
    total -= countedBytes(segment)
    onRemoved(segment, isOld ? 'age' : 'size')
  }
  if (failures.length > 0) throw failures[0]
}

const countedBytes = ({ sizeBytes }: StoredSegment): number => Math.max(sizeBytes, leastFileBytes)
