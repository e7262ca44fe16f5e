import { Diagnostic } from '../../listeners.js'

interface FileMediaFailure {
  /** Path of the media file that cannot be read further. */
  readonly path: string
  readonly error: unknown
}

const fileMediaFailed = new Diagnostic<FileMediaFailure>(
  'rtspool:file-media-failed',
  'RTSPOOL_FILE_MEDIA_FAILED',
  ({ path }) => `${path} cannot be read on while it plays`,
)

interface FileLeftOut {
  /** Path of the media file of which parts are left out. */
  readonly path: string
  /** Descriptions of the parts of the file that cannot be sent. */
  readonly leftOut: readonly string[]
}

const fileLeftOut = new Diagnostic<FileLeftOut>(
  'rtspool:file-left-out',
  'RTSPOOL_FILE_LEFT_OUT',
  ({ path, leftOut }) => `${path} plays without ${leftOut.join('; ')}`,
)

/** Publishes `{ path, error }` on `rtspool:file-media-failed`: a file that is playing cannot be read further. */
export function announceFailure(path: string, error: unknown): void {
  fileMediaFailed.publish({ path, error })
}

/** Publishes `{ path, leftOut }` on `rtspool:file-left-out`: parts of a newly opened file cannot be sent. */
export function announceLeftOut(path: string, leftOut: readonly string[]): void {
  fileLeftOut.publish({ path, leftOut })
}

/**
 * Milliseconds for which the other tracks continue after one track fails. A file that was cut off often has pictures
 * without their sound. {@link StoredFileSource} does not apply the limit to such a file.
 */
export const restMs = 2000

/**
 * Thrown when the file ends before its container does. The description covers only the existing part, so the media
 * ends as at the end of the file.
 */
export class FileCutOffError extends RangeError {
  constructor() {
    super('expected more of the file, got its end: the file was cut off')
    this.name = 'FileCutOffError'
  }
}

/**
 * Maximum number of tracks, each of which delays the first packet. A file with more is refused; many cameras and
 * languages need a dozen.
 */
const maxTracks = 64

/**
 * Thrown for a file with more than {@link maxTracks} tracks. Unlike a RangeError, which leaves out one track, this
 * error refuses the whole file.
 */
export class TooManyTracksError extends Error {
  constructor(count: number) {
    super(`expected at most ${maxTracks} tracks, got ${count}`)
    this.name = 'TooManyTracksError'
  }
}

/**
 * Checks the number of tracks of a file.
 *
 * @throws {TooManyTracksError} The file has more than {@link maxTracks} tracks.
 */
export function checkTrackCount(count: number): void {
  if (count > maxTracks) throw new TooManyTracksError(count)
}
