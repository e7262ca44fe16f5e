import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { TimelineBreak } from 'rtspool'
import type { RepeatLimit } from './repeat-limit.js'

/**
 * A message that the library publishes on one of its diagnostics channels. `error` is the cause of a failure; the other
 * members are facts for the log line.
 */
interface Diagnosis {
  readonly error?: unknown
  readonly address?: string | undefined
  readonly [fact: string]: unknown
}

const timelineWords: Readonly<Record<TimelineBreak['kind'], string>> = {
  timestamp: 'the time of a source has jumped',
  source: 'a source goes on with another SSRC',
  sequence: 'the sequence numbers of a source have begun anew',
}

/** Diagnostics channels of the library, each with the level and the text of its log line. */
const channels: readonly (readonly [
  name: string,
  level: 'warn' | 'error',
  words: string | ((message: Diagnosis) => string),
])[] = [
  ['rtspool:connections-refused', 'warn', 'connections are refused: a limit is reached'],
  ['rtspool:proxy-header-refused', 'warn', 'a trusted proxy sends no valid PROXY header'],
  ['rtspool:oversized-packet', 'warn', 'packets are too large for UDP: viewers need TCP'],
  ['rtspool:fragmented-packet', 'warn', 'packets do not fit a route: they leave in fragments'],
  ['rtspool:unsent-packet', 'warn', 'the system does not take packets by UDP'],
  ['rtspool:foreign-port', 'warn', 'packets from another port than announced are dropped'],
  ['rtspool:timeline-break', 'warn', ({ kind }) => timelineWords[kind as TimelineBreak['kind']]],
  ['rtspool:send-thread-failed', 'error', 'a send thread has failed: its TCP viewers are cut off'],
  ['rtspool:silent-track', 'warn', 'a publisher records a track and sends nothing'],
  ['rtspool:refused-packet', 'warn', 'a source pushes what is no RTP: it is dropped'],
  ['rtspool:unlisted-packet', 'warn', 'a source sends a payload type that it has not described'],
  ['rtspool:callback-failed', 'error', 'a callback of the application has failed'],
  ['rtspool:back-channel-failed', 'error', 'a receiver of a back channel has failed'],
  ['rtspool:file-media-failed', 'error', 'a file cannot be read on, its media ends'],
  ['rtspool:file-left-out', 'warn', 'parts of a file cannot be sent'],
  ['rtspool:source-close-failed', 'error', 'a source could not be closed'],
]

/**
 * Logs the messages on the library's diagnostics channels.
 *
 * @returns A function that stops the logging.
 */
export function logDiagnostics(lines: RepeatLimit): () => void {
  const listeners = channels.map(([name, level, words]) => {
    const listener = (message: unknown): void => {
      const { error, ...facts } = message as Diagnosis
      const said = typeof words === 'string' ? words : words(message as Diagnosis)
      lines.write(level, said, '', error === undefined ? facts : { ...facts, err: error })
    }
    return [name, listener] as const
  })
  for (const [name, listener] of listeners) subscribe(name, listener)
  return () => {
    for (const [name, listener] of listeners) unsubscribe(name, listener)
  }
}
