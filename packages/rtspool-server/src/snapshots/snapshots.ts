import type { AccessUnit, Clock, MediaInfo, RtspServer } from 'rtspool'
import { RequestError } from 'rtspool'
import type { RepeatLimit } from '../log/repeat-limit.js'
import { ConversionQueue } from './conversion-queue.js'
import { JpegError, jpegOf } from './jpeg.js'
import { JpegCache, type KeptJpeg } from './jpeg-cache.js'
import { lastKeyFrame, startedKeyFrame } from './key-frames.js'
import { pictureOf } from './picture.js'
import {
  type CodedPicture,
  jpegSnapshot,
  mp4Snapshot,
  ownJpeg,
  type Snapshot,
  type SnapshotWish,
} from './snapshot.js'
import { SnapshotCounts, type SnapshotStats } from './snapshot-counts.js'
import { SnapshotError } from './snapshot-error.js'
import type { SnapshotOptions } from './snapshot-options.js'

/** Milliseconds after which the server tries again to run a conversion program that was missing. */
const missingMs = 30_000
/** Maximum number of sources that snapshots start at a time. */
const maxStarting = 4

export interface SnapshotsInit {
  readonly rtsp: RtspServer
  readonly repeats: RepeatLimit
  readonly clock: Clock
  /** Returns the settings of snapshots. Called for each snapshot, because the settings may change. */
  options(): SnapshotOptions
  /** Converts the picture of an MP4 to JPEG. @default {@link jpegOf} */
  readonly convert?: typeof jpegOf | undefined
}

/** Names under which a JPEG stands in the queue of conversions (`path`) and in the cache (`key`). */
interface Place {
  readonly path: string
  /** Key of the JPEG in the cache: the media or its path, and the width. */
  readonly key: string
}

/**
 * Makes snapshots of the packets that the server keeps for new viewers: no snapshot is a viewer or
 * opens a connection to a camera, unless the caller asks to start the source.
 *
 * ```text
 * kept key frame ─▶ MP4 ─▶ ffmpeg ─▶ JPEG, kept by age
 * ```
 */
export class Snapshots {
  readonly #init: SnapshotsInit
  readonly #queue: ConversionQueue
  readonly #cache = new JpegCache()
  /** Conversions that run or wait, by cache key and key frame, so that equal requests share one. */
  readonly #conversions = new Map<string, Promise<KeptJpeg>>()
  readonly #closing = new AbortController()
  readonly #counts = new SnapshotCounts()
  #starting = 0
  #missingUntilMs = Number.NEGATIVE_INFINITY

  constructor(init: SnapshotsInit) {
    this.#init = init
    this.#queue = new ConversionQueue(() => init.options().maxProcesses)
  }

  /** Numbers of snapshots made and failed since the start of the server. */
  get stats(): SnapshotStats {
    return this.#counts.stats
  }

  /** Total bytes of all JPEGs in the cache. */
  get cachedBytes(): number {
    return this.#cache.sizeBytes
  }

  /**
   * Makes a snapshot of a media that plays.
   *
   * @throws {SnapshotError}
   */
  ofMedia(media: MediaInfo, wish: SnapshotWish): Promise<Snapshot> {
    return this.#counts.count(() => this.#ofMedia(media, wish))
  }

  async #ofMedia(media: MediaInfo, wish: SnapshotWish): Promise<Snapshot> {
    const place = { path: media.path, key: `${media.publicId} ${wish.width}` }
    const kept = this.#isJpeg(wish) ? this.#cache.get(place.key) : undefined
    const { clock, options } = this.#init
    const { cacheSeconds, waitSeconds: seconds } = options()
    const ageMs = clock.now() - (kept?.takenMs ?? 0)
    if (kept && media.state === 'playing' && ageMs < cacheSeconds * 1000) {
      this.#counts.noteHit()
      return jpegSnapshot(kept)
    }
    const unit = await lastKeyFrame(media, { clock, seconds, signal: wish.signal })
    return this.#ofKeyFrame(unit, place, wish)
  }

  /**
   * Makes a snapshot of what plays at a path: of its newest media, if there are several.
   *
   * @param start - True to start a source that does not run.
   * @throws {SnapshotError}
   * @throws {RequestError} `ERR_NOT_FOUND` if nothing is mounted at the path.
   */
  ofPath(path: string, start: boolean, wish: SnapshotWish): Promise<Snapshot> {
    return this.#counts.count(() => this.#ofPath(path, start, wish))
  }

  async #ofPath(path: string, start: boolean, wish: SnapshotWish): Promise<Snapshot> {
    const { rtsp } = this.#init
    const media = [...rtsp.media].filter((each) => each.path === path && isLive(each)).at(-1)
    if (media) return this.#ofMedia(media, wish)
    if (!rtsp.mounts.match(path)) {
      throw new RequestError('ERR_NOT_FOUND', `nothing is mounted at ${path}`)
    }
    if (!start) {
      throw new SnapshotError('idle', `nothing plays at ${path} now; start=true starts its source`)
    }
    const place = { path, key: `${path} ${wish.width}` }
    return this.#ofKeyFrame(await this.#start(path, wish), place, wish)
  }

  /** Ends all conversion programs, and waits until they have ended. Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort()
    await Promise.allSettled(this.#conversions.values())
    this.#cache.clear()
  }

  async #start(path: string, wish: SnapshotWish): Promise<AccessUnit> {
    if (this.#starting >= maxStarting) {
      throw new SnapshotError('busy', `${maxStarting} snapshots start a source; try again later`)
    }
    this.#starting++
    try {
      const { rtsp, clock, options } = this.#init
      const signal = AbortSignal.any([wish.signal, this.#closing.signal])
      const seconds = options().startSeconds
      return await startedKeyFrame(rtsp, path, { clock, seconds, signal })
    } finally {
      this.#starting--
    }
  }

  async #ofKeyFrame(unit: AccessUnit, place: Place, wish: SnapshotWish): Promise<Snapshot> {
    const picture = pictureOf(unit)
    if (picture.jpeg) return ownJpeg(picture, wish)
    if (!this.#isJpeg(wish)) return mp4Snapshot(picture)
    try {
      return jpegSnapshot(await this.#jpeg(picture, place, wish.width))
    } catch (error) {
      const isOptional = wish.format === undefined && error instanceof SnapshotError
      if (isOptional && error.reason === 'noJpeg') return mp4Snapshot(picture)
      throw error
    }
  }

  /** Returns whether a caller gets a JPEG: by wish, or by default unless the conversion program is off or missing. */
  #isJpeg({ format }: SnapshotWish): boolean {
    if (format !== undefined) return format === 'jpeg'
    const isMissing = this.#init.clock.now() < this.#missingUntilMs
    return this.#init.options().ffmpeg !== false && !isMissing
  }

  /** Returns the JPEG of a picture, from the cache or converted. @throws {SnapshotError} `noJpeg` or `busy`. */
  async #jpeg(picture: CodedPicture, place: Place, width: number | undefined): Promise<KeptJpeg> {
    const kept = this.#cache.get(place.key)
    if (kept?.pictureId === picture.id) {
      this.#counts.noteHit()
      return this.#keep(place, kept)
    }
    const name = `${place.key} ${picture.id}`
    const running = this.#conversions.get(name)
    if (running) return running
    const conversion = this.#queue.run(place.path, () => this.#convert(picture, place, width))
    this.#conversions.set(name, conversion)
    try {
      return this.#keep(place, await conversion)
    } finally {
      this.#conversions.delete(name)
    }
  }

  #keep({ key }: Place, jpeg: KeptJpeg): KeptJpeg {
    const taken = { ...jpeg, takenMs: this.#init.clock.now() }
    if (!this.#closing.signal.aborted) {
      this.#cache.set(key, taken, this.#init.options().maxCachedBytes)
    }
    return taken
  }

  async #convert(
    { mp4, id: pictureId, unixTimeMs }: CodedPicture,
    { path }: Place,
    width: number | undefined,
  ): Promise<KeptJpeg> {
    const { clock, options, convert = jpegOf } = this.#init
    const { ffmpeg, timeoutSeconds } = options()
    const { signal } = this.#closing
    if (signal.aborted) throw isClosing()
    if (ffmpeg === false) throw noJpeg('snapshots.ffmpeg is false')
    const takenMs = clock.now()
    if (takenMs < this.#missingUntilMs) throw noJpeg(`there is no program ${ffmpeg}`)
    const timeoutMs = timeoutSeconds * 1000
    try {
      const bytes = await convert(mp4, { ffmpeg, width, timeoutMs, clock, signal })
      return { bytes, pictureId, unixTimeMs, takenMs }
    } catch (error) {
      if (signal.aborted) throw isClosing()
      throw error instanceof JpegError ? this.#failed(path, error) : error
    }
  }

  #failed(path: string, { isMissing, message }: JpegError): SnapshotError {
    if (isMissing) this.#missingUntilMs = this.#init.clock.now() + missingMs
    this.#init.repeats.write('warn', 'no JPEG of a snapshot', 'snapshot', { path, reason: message })
    return noJpeg(isMissing ? message : 'the picture cannot be converted; the log has the cause')
  }
}

const isLive = ({ state, durationSeconds }: MediaInfo): boolean =>
  state === 'playing' && durationSeconds === undefined

const isClosing = (): SnapshotError => new SnapshotError('busy', 'the server is closing')

const noJpeg = (why: string): SnapshotError =>
  new SnapshotError('noJpeg', `${why}: format=mp4 needs no program`)
