import type { Recorder, RecordingEnd, RecordingFailure } from './recorder.js'
import type { RecordingPlan } from './recording-plan.js'
import type { ClosedSegment } from './segment.js'
import type { RemovalCause } from './stored/retention.js'
import type { StoredSegment } from './stored/segment-catalog.js'

/** Events of the recordings of a server. */
export interface RecordingEvents {
  /** A recording has created its first file. `refused`: encodings of tracks that are not recorded. */
  started: [recorder: Recorder, refused: readonly string[]]
  segmentClosed: [recorder: Recorder, segment: ClosedSegment]
  /** A recording has failed. `retrySeconds`: time to the next attempt; `undefined` = none. */
  failed: [
    recorder: Recorder,
    failure: RecordingFailure,
    error: unknown,
    retrySeconds: number | undefined,
  ]
  /** A file was removed: it was too old, the others needed its room, or somebody deleted it. */
  removed: [plan: RecordingPlan, segment: StoredSegment, cause: RemovalCause]
  /** Old files cannot be listed or removed. */
  removalFailed: [plan: RecordingPlan, error: unknown]
  /** A recording that had started has ended. */
  stopped: [recorder: Recorder, end: RecordingEnd]
}
