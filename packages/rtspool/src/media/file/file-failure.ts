import { Diagnostic } from '../../listeners.js'

interface FileMediaFailure {
  /** Of the file. */
  readonly path: string
  readonly error: unknown
}

const fileMediaFailed = new Diagnostic<FileMediaFailure>(
  'rtspool:file-media-failed',
  'RTSPOOL_FILE_MEDIA_FAILED',
  ({ path }) => `${path} cannot be read on while it plays`,
)

/** Publishes `{ path, error }` when a file cannot be read on while it plays; the media then ends. */
export function announceFailure(path: string, error: unknown): void {
  fileMediaFailed.publish({ path, error })
}
