import { failureText, type Recorder } from '../recording/recorder.js'
import type { RecordingEvents } from '../recording/recording-events.js'
import type { RecordingService } from '../recording/recording-service.js'
import type { EventFeed } from './event-feed.js'
import type { EventType } from './event-types.js'

/**
 * Publishes the events of recordings in the feed.
 *
 * @returns A function that stops publishing.
 */
export function feedRecordingEvents(recordings: RecordingService, feed: EventFeed): () => void {
  const on = <Name extends keyof RecordingEvents>(
    name: Name,
    type: EventType,
    factsOf: (...args: RecordingEvents[Name]) => Readonly<Record<string, unknown>>,
  ) => {
    const listener = (...args: RecordingEvents[Name]): void => feed.publish(type, factsOf(...args))
    recordings.on(name, listener as never)
    return () => void recordings.off(name, listener as never)
  }
  const stops = [
    on('started', 'recordingStarted', (recorder, refused) => ({
      ...recorderFacts(recorder),
      ...{ file: recorder.file, refused },
    })),
    on('segmentClosed', 'segmentClosed', (recorder, { file, startMs, endMs, sizeBytes }) => ({
      ...recorderFacts(recorder),
      ...{ file, startTime: isoTime(startMs), endTime: isoTime(endMs), sizeBytes },
    })),
    on('removed', 'segmentRemoved', ({ name: recording }, segment, cause) => {
      const { path, file, startMs, endMs, sizeBytes } = segment
      const times = { startTime: isoTime(startMs), endTime: isoTime(endMs) }
      return { recording, path, file, ...times, sizeBytes, cause }
    }),
    on('failed', 'recordingFailed', (recorder, failure, error, retrySeconds) => ({
      ...recorderFacts(recorder),
      ...{ failure, ...failureText(error), retrySeconds },
    })),
    on('stopped', 'recordingStopped', (recorder, reason) => {
      const { sizeBytes, missedPackets } = recorder
      return { ...recorderFacts(recorder), reason, sizeBytes, missedPackets }
    }),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}

const recorderFacts = ({ plan, path }: Recorder) => ({ recording: plan.name, path })

const isoTime = (unixMs: number): string => new Date(unixMs).toISOString()
