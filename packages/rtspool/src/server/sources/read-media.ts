import { RequestError } from '../../errors.js'
import type { Media } from '../../media/media.js'
import type { MediaReaderOptions } from '../../media/streams/media-intake.js'
import { MediaReader } from '../../media/streams/media-reader.js'
import { MediaVisitor } from '../../media/streams/media-visitor.js'
import { checkBoolean, checkInteger, checkOptions, kindOf, shown } from '../../option-checks.js'
import type { AccessUnit, ReadOptions, UnitVisit } from '../../public/access-unit.js'
import type { MediaInfo } from '../../public/media.js'
import type { ServerContext } from '../request/request-context.js'
import { leaseForReader } from './lease-media.js'

export const readDefaults = Object.freeze({
  signal: undefined,
  from: 'keyFrame',
  maxQueuedBytes: 16 * 1024 * 1024,
  allowsDelay: false,
}) satisfies { [K in keyof Required<ReadOptions>]: ReadOptions[K] }

/**
 * Number of access units after which a reader inside the process pauses, so that the event loop can
 * do other work.
 */
const unitsPerTurn = 16

interface ResolvedReadOptions extends MediaReaderOptions {
  readonly signal: AbortSignal | undefined
}

/**
 * Checks the options of `server.read` and fills in the defaults.
 *
 * @throws {RangeError | TypeError} Names the wrong option.
 */
export function resolveReadOptions(options: ReadOptions): ResolvedReadOptions {
  checkOptions('read', options, Object.keys(readDefaults))
  const { signal, from = readDefaults.from } = options
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError(`signal must be an AbortSignal, got ${kindOf(signal)}`)
  }
  if (from !== 'keyFrame' && from !== 'now') {
    throw new TypeError(`from must be 'keyFrame' or 'now', got ${shown(from)}`)
  }
  const { maxQueuedBytes = readDefaults.maxQueuedBytes } = options
  const { allowsDelay = readDefaults.allowsDelay } = options
  checkBoolean('allowsDelay', allowsDelay)
  checkInteger('maxQueuedBytes', maxQueuedBytes)
  return { signal, from, maxQueuedBytes, allowsDelay }
}

/**
 * Reads a media without session and connection: the one at a path as a viewer would, or a media that is served already,
 * which the reader neither starts nor keeps alive.
 *
 * @param target - A media, or a decoded path, and after a `?` the query.
 * @throws {RequestError} As the response to DESCRIBE or PLAY: `ERR_NOT_FOUND`,
 *   `ERR_MEDIA_UNAVAILABLE`, …
 */
export async function* readMedia(
  server: ServerContext,
  target: string | MediaInfo,
  { signal, ...options }: ResolvedReadOptions,
): AsyncGenerator<AccessUnit, void, void> {
  signal?.throwIfAborted()
  const open = (media: Media, isObserver: boolean): MediaReader =>
    new MediaReader(media, { ...options, isObserver })
  const isObserver = typeof target !== 'string'
  const { media, reader } = isObserver
    ? observe(server, target, open)
    : await join(server, target, open)
  const wake = (): void => reader.wake()
  signal?.addEventListener('abort', wake)
  try {
    if (!isObserver) await start(media)
    signal?.throwIfAborted()
    reader.start()
    if (!isObserver) media.playback?.resume()
    for (let count = 1; ; ) {
      const unit = reader.next()
      if (unit) {
        yield unit
        if (count++ % unitsPerTurn === 0) await new Promise(setImmediate)
      } else if (reader.isEnded) break
      else await reader.ready()
      signal?.throwIfAborted()
    }
    if (media.endReason === 'mediaFailed') throw unavailable(media)
  } finally {
    signal?.removeEventListener('abort', wake)
    reader.close()
  }
}

/**
 * Calls a function with each access unit of a media, like {@link readMedia}. Resolves once the media has ended.
 *
 * @throws {RequestError} As {@link readMedia}.
 */
export async function visitMedia(
  server: ServerContext,
  target: string | MediaInfo,
  visit: UnitVisit,
  { signal, ...options }: ResolvedReadOptions,
): Promise<void> {
  signal?.throwIfAborted()
  const open = (media: Media, isObserver: boolean): MediaVisitor =>
    new MediaVisitor(media, visit, { ...options, isObserver })
  const isObserver = typeof target !== 'string'
  const { media, reader } = isObserver
    ? observe(server, target, open)
    : await join(server, target, open)
  const stop = (): void => reader.stop(signal?.reason)
  signal?.addEventListener('abort', stop)
  try {
    if (!isObserver) await start(media)
    signal?.throwIfAborted()
    reader.start()
    if (!isObserver) media.playback?.resume()
    await reader.ended
    if (media.endReason === 'mediaFailed') throw unavailable(media)
  } finally {
    signal?.removeEventListener('abort', stop)
    reader.close()
  }
}

/** Media with its reader inside the process. */
interface MediaReading<Reader> {
  readonly media: Media
  readonly reader: Reader
}

/** Function that creates the reader of a media. */
type OpenReader<Reader> = (media: Media, isObserver: boolean) => Reader

async function join<Reader>(
  server: ServerContext,
  target: string,
  open: OpenReader<Reader>,
): Promise<MediaReading<Reader>> {
  const lease = await leaseForReader(server, target)
  const { media } = lease
  const reader = open(media, false)
  lease.release()
  return { media, reader }
}

function observe<Reader>(
  server: ServerContext,
  target: MediaInfo,
  open: OpenReader<Reader>,
): MediaReading<Reader> {
  const media = server.media.find(target)
  if (!media) throw new RequestError('ERR_NOT_FOUND', `the media of ${target.path} is not served`)
  return { media, reader: open(media, true) }
}

async function start(media: Media): Promise<void> {
  try {
    await media.play()
    await media.playback?.seek({ startSeconds: 0, endSeconds: media.playback.lengthSeconds })
  } catch (error) {
    void media.fail()
    throw unavailable(media, error)
  }
}

const unavailable = ({ path }: Media, cause?: unknown): RequestError =>
  new RequestError('ERR_MEDIA_UNAVAILABLE', `the source of ${path} failed`, { cause })
