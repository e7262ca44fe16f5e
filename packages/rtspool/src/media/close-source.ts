import type { Clock } from '../clock.js'
import { Diagnostic } from '../listeners.js'
import { withDeadline } from './deadline.js'
import type { MediaSource } from './media-source.js'

/** How long a source may take to give everything back before nobody waits for it any more. */
const closeTimeoutMs = 10_000

interface SourceCloseFailure {
  /** Of the media. */
  readonly path: string
  readonly error: unknown
}

const sourceCloseFailed = new Diagnostic<SourceCloseFailure>(
  'rtspool:source-close-failed',
  'RTSPOOL_SOURCE_CLOSE_FAILED',
  ({ path }) => `the source of ${path} was not closed`,
)

/**
 * Closes a source whose media is over. It never rejects: whoever closes has others to close as well. What the source
 * throws, or that it takes longer than 10 s, is published on the diagnostics channel `rtspool:source-close-failed` as
 * `{ path, error }`.
 */
export async function closeSource(source: MediaSource, path: string, clock: Clock): Promise<void> {
  try {
    const closing = source.close()
    if (!closing) return
    await withDeadline(closing, 'closing a media source', {
      clock,
      ms: closeTimeoutMs,
      keepsProcessAlive: true,
    })
  } catch (error) {
    sourceCloseFailed.publish({ path, error })
  }
}
