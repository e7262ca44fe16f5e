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

interface FileLeftOut {
  /** Of the file. */
  readonly path: string
  /** Parts of the file, in words. */
  readonly leftOut: readonly string[]
}

const fileLeftOut = new Diagnostic<FileLeftOut>(
  'rtspool:file-left-out',
  'RTSPOOL_FILE_LEFT_OUT',
  ({ path, leftOut }) => `${path} plays without ${leftOut.join('; ')}`,
)

/** Publishes `{ path, error }` when a file cannot be read on while it plays; the media then ends. */
export function announceFailure(path: string, error: unknown): void {
  fileMediaFailed.publish({ path, error })
}

/** Publishes `{ path, leftOut }` when a file is opened of which parts cannot be sent. */
export function announceLeftOut(path: string, leftOut: readonly string[]): void {
  fileLeftOut.publish({ path, leftOut })
}

/**
 * Milliseconds for which other tracks are sent behind the end of one that cannot be read on: muxers put pictures before
 * their sound, so that a file that was cut off has more of one than of the other.
 */
export const restMs = 2000

/** Says that the file ends before the container does. What is there was described as all, so that it ends regularly. */
export class FileCutOffError extends RangeError {
  constructor() {
    super('expected more of the file, got its end: the file was cut off')
    this.name = 'FileCutOffError'
  }
}

/** A recording of many cameras and languages has a dozen; each track costs time before the first packet. */
const maxTracks = 64

/** Says that a file has more tracks than the server looks through. Unlike a RangeError, it refuses the whole file. */
export class TooManyTracksError extends Error {
  constructor(count: number) {
    super(`expected at most ${maxTracks} tracks, got ${count}`)
    this.name = 'TooManyTracksError'
  }
}

/** @throws {TooManyTracksError} A file has more tracks than the server looks through. */
export function checkTrackCount(count: number): void {
  if (count > maxTracks) throw new TooManyTracksError(count)
}
