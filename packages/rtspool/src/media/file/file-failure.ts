import { Diagnostic } from '../../listeners.js'

interface FileMediaFailure {
  /** Path of the file. */
  readonly path: string
  readonly error: unknown
}

const fileMediaFailed = new Diagnostic<FileMediaFailure>(
  'rtspool:file-media-failed',
  'RTSPOOL_FILE_MEDIA_FAILED',
  ({ path }) => `${path} cannot be read on while it plays`,
)

interface FileLeftOut {
  /** Path of the file. */
  readonly path: string
  /** Descriptions of the parts of the file that are left out. */
  readonly leftOut: readonly string[]
}

const fileLeftOut = new Diagnostic<FileLeftOut>(
  'rtspool:file-left-out',
  'RTSPOOL_FILE_LEFT_OUT',
  ({ path, leftOut }) => `${path} plays without ${leftOut.join('; ')}`,
)

/** Publishes `{ path, error }` when reading a file fails during playback; the media then ends. */
export function announceFailure(path: string, error: unknown): void {
  fileMediaFailed.publish({ path, error })
}

/** Publishes `{ path, leftOut }` when parts of a newly opened file cannot be sent. */
export function announceLeftOut(path: string, leftOut: readonly string[]): void {
  fileLeftOut.publish({ path, leftOut })
}

/**
 * Milliseconds for which other tracks continue after the end of a track that cannot be read
 * further. Muxers put pictures before their sound, so a file that was cut off has more of one than
 * of the other.
 */
export const restMs = 2000

/**
 * The file ends before its container does. The description covered only the existing part, so the
 * media ends regularly.
 */
export class FileCutOffError extends RangeError {
  constructor() {
    super('expected more of the file, got its end: the file was cut off')
    this.name = 'FileCutOffError'
  }
}

/** Maximum number of tracks; many cameras and languages need a dozen. Each delays the first packet. */
const maxTracks = 64

/**
 * The file has more tracks than the server examines. Unlike a RangeError, it refuses the whole
 * file.
 */
export class TooManyTracksError extends Error {
  constructor(count: number) {
    super(`expected at most ${maxTracks} tracks, got ${count}`)
    this.name = 'TooManyTracksError'
  }
}

/** @throws {TooManyTracksError} The file has more tracks than the server examines. */
export function checkTrackCount(count: number): void {
  if (count > maxTracks) throw new TooManyTracksError(count)
}
