import { failureText } from '../recording/recorder.js'
import type { RecordingService } from '../recording/recording-service.js'
import type { RepeatLimit } from './repeat-limit.js'

/** Logs when recordings start and end, and why they fail. */
export function logRecordings(recordings: RecordingService, lines: RepeatLimit): void {
  recordings.on('started', ({ plan, path, file }, refused) => {
    const facts = { recording: plan.name, path, file }
    lines.write('info', 'recording started', '', facts)
    if (refused.length === 0) return
    lines.write('warn', 'tracks are not recorded', '', { recording: plan.name, path, refused })
  })
  recordings.on('stopped', ({ plan, path, sizeBytes, missedPackets }, reason) => {
    const facts = { recording: plan.name, path, sizeBytes, missedPackets, reason }
    lines.write('info', 'recording stopped', reason, facts)
  })
  recordings.on('segmentClosed', ({ plan, path }, { file, sizeBytes }) => {
    lines.write('debug', 'segment closed', '', { recording: plan.name, path, file, sizeBytes })
  })
  recordings.on('removed', ({ name: recording }, { path, file }, cause) => {
    lines.write('debug', 'segment removed', cause, { recording, path, file, cause })
  })
  recordings.on('removalFailed', ({ name: recording, folder }, error) => {
    const { code, message: why } = failureText(error)
    lines.write('error', 'old files cannot be removed', code ?? '', {
      recording,
      folder,
      code,
      why,
    })
  })
  recordings.on('failed', ({ plan, path }, failure, error, retrySeconds) => {
    const { code, message: why } = failureText(error)
    const facts = { recording: plan.name, path, failure, code, why, retrySeconds }
    lines.write('error', 'recording failed', code ?? failure, facts)
  })
}

/** Returns a callback that logs a recording which cannot be played over RTSP, with its path and the error. */
export const logReplayFailures =
  (lines: RepeatLimit) =>
  (path: string, error: unknown): void => {
    const { code, message: why } = failureText(error)
    lines.write('error', 'replay failed', code ?? '', { path, code, why })
  }
