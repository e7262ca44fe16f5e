import { type AccessUnit, type Clock, type MediaInfo, RequestError, type RtspServer } from 'rtspool'
import { hasPictures, pictureTrackOf } from './picture.js'
import { SnapshotError } from './snapshot-error.js'

/** Milliseconds between two looks at a media that has no whole key frame. */
const lookMs = 100

/** Clock, maximum time in seconds, and signal of a wait for a key frame. */
export interface WaitOptions {
  readonly clock: Clock
  readonly seconds: number
  /** Signal that ends the wait, because its caller has left. */
  readonly signal: AbortSignal
}

/**
 * Returns the last key frame of a media, without becoming a viewer. If there is none, waits for up
 * to `seconds`, because a stream may have just begun, or a key frame may be arriving.
 *
 * @throws {SnapshotError} `idle`, `noPicture` or `noKeyFrame`.
 */
export async function lastKeyFrame(
  media: MediaInfo,
  { clock, seconds, signal }: WaitOptions,
): Promise<AccessUnit> {
  const track = pictureTrackOf(media)
  for (let waitedMs = 0; ; waitedMs += lookMs) {
    if (media.state !== 'playing') throw idle(media)
    const unit = media.readKeyFrame(track)
    if (unit) return unit
    if (waitedMs >= seconds * 1000) {
      throw new SnapshotError(
        'noKeyFrame',
        `no key frame of ${media.path} is kept; try again later`,
      )
    }
    await pause(lookMs, clock, signal)
  }
}

const idle = ({ path, durationSeconds }: MediaInfo): SnapshotError =>
  new SnapshotError(
    'idle',
    durationSeconds === undefined
      ? `${path} does not play now; start=true of /v1/snapshot starts it`
      : `${path} is stored: each viewer has a picture of its own`,
  )

/**
 * Reads a path as a viewer does, up to its first key frame. A source that does not run is started.
 * The start counts towards `seconds`.
 *
 * @throws {SnapshotError} `noPicture` or `noKeyFrame`.
 * @throws {RequestError} `ERR_NOT_FOUND` if nothing is mounted at the path.
 */
export async function startedKeyFrame(
  server: RtspServer,
  path: string,
  { clock, seconds, signal }: WaitOptions,
): Promise<AccessUnit> {
  const late = new AbortController()
  const timer = clock.schedule(() => late.abort(), seconds * 1000, false)
  const ends = AbortSignal.any([signal, late.signal])
  try {
    let isChecked = false
    for await (const unit of server.read(path, { signal: ends })) {
      if (unit.isKeyFrame && hasPictures(unit.track)) return unit
      if (!isChecked) checkTracks(server, unit)
      isChecked = true
    }
    throw new SnapshotError('noKeyFrame', `${path} has ended before its first key frame`)
  } catch (error) {
    throw late.signal.aborted ? tooLate(path, seconds) : understood(error)
  } finally {
    timer.cancel()
  }
}

/**
 * Checks the media to which an access unit belongs.
 *
 * @throws {SnapshotError} `noPicture` if no track of the media can become a picture.
 */
function checkTracks({ media }: RtspServer, { track }: AccessUnit): void {
  const read = [...media].find(({ tracks }) => tracks.includes(track))
  if (read) pictureTrackOf(read)
}

const tooLate = (path: string, seconds: number): SnapshotError =>
  new SnapshotError('noKeyFrame', `${path} has sent no key frame within ${seconds} s`)

/** Converts the error of a source that has failed to `noKeyFrame`; returns any other error unchanged. */
function understood(error: unknown): unknown {
  const hasFailed = error instanceof RequestError && error.code !== 'ERR_NOT_FOUND'
  return hasFailed ? new SnapshotError('noKeyFrame', error.message, { cause: error }) : error
}

/** Waits for `ms` milliseconds. @throws The reason of `signal`, as soon as the signal aborts. */
async function pause(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  await new Promise<void>((resolve) => {
    const timer = clock.schedule(resume, ms, false)
    function resume(): void {
      timer.cancel()
      signal.removeEventListener('abort', resume)
      resolve()
    }
    signal.addEventListener('abort', resume)
  })
  signal.throwIfAborted()
}
