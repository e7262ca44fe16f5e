import type { Recorder, RecordingEnd, RecordingFailure } from './recorder.js'
import type { RecordingPlan } from './recording-plan.js'
import type { ClosedSegment } from './segment.js'
import type { RemovalCause } from './stored/retention.js'
import type { StoredSegment } from './stored/segment-catalog.js'

/** Events of the recordings of a server. */
export interface RecordingEvents {
  /** The plans have been replaced. */
  updated: []
  /** A recording has created its first file. `refused`: encodings of tracks that are not recorded. */
  started: [recorder: Recorder, refused: readonly string[]]
  segmentClosed: [recorder: Recorder, segment: ClosedSegment]
  /** A recording has failed. `retrySeconds`: seconds until the next attempt; `undefined` = no further attempt. */
  failed: [
    recorder: Recorder,
    failure: RecordingFailure,
    error: unknown,
    retrySeconds: number | undefined,
  ]
  /** A recorded file was removed: it was too old, newer files needed its room, or somebody deleted the file. */
  removed: [plan: RecordingPlan, segment: StoredSegment, cause: RemovalCause]
  /** The server could not list or remove the old files of a recording. `error`: error of the operating system. */
  removalFailed: [plan: RecordingPlan, error: unknown]
  /** A recording that had created a file has ended. `end`: reason for the end. */
  stopped: [recorder: Recorder, end: RecordingEnd]
}
