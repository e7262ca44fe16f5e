import type { Clock } from '../clock.js'
import { Diagnostic } from '../listeners.js'
import { withDeadline } from './deadline.js'
import type { MediaSource } from './media-source.js'

/** Milliseconds that a source may take to close. After that the server no longer waits for the source. */
const closeTimeoutMs = 10_000

interface SourceCloseFailure {
  /** Path of the media whose source could not be closed. */
  readonly path: string
  readonly error: unknown
}

const sourceCloseFailed = new Diagnostic<SourceCloseFailure>(
  'rtspool:source-close-failed',
  'RTSPOOL_SOURCE_CLOSE_FAILED',
  ({ path }) => `the source of ${path} was not closed`,
)

/**
 * Closes a source whose media has ended. Never rejects, because callers have other sources to
 * close. An error of the source, or a close of more than 10 s, is published on the diagnostics
 * channel `rtspool:source-close-failed` as `{ path, error }`.
 */
export function closeSource(source: MediaSource, path: string, clock: Clock): Promise<void> {
  return settleInTime(() => source.close(), path, { clock, what: 'closing a media source' })
}

/**
 * Waits for the last steps of a source whose media has ended, as {@link closeSource} does. Never rejects.
 *
 * @param step - Called at once. Its error is published.
 * @param what - Subject of the error message after 10 s, such as "closing a media source".
 */
export async function settleInTime(
  step: () => void | Promise<void>,
  path: string,
  { clock, what }: { readonly clock: Clock; readonly what: string },
): Promise<void> {
  try {
    const settling = step()
    if (!settling) return
    await withDeadline(settling, what, { clock, ms: closeTimeoutMs, keepsProcessAlive: true })
  } catch (error) {
    sourceCloseFailed.publish({ path, error })
  }
}
