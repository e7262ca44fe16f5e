import { setMaxListeners } from 'node:events'
import type { Clock } from '../clock.js'
import { RequestError } from '../errors.js'
import { disown, isThenable } from '../listeners.js'
import { checkBoolean, checkFunction, checkNumber, checkOptions, kindOf } from '../option-checks.js'
import {
  MulticastAddressPool,
  type MulticastOptions,
} from '../transport/multicast/multicast-address-pool.js'
import { type BackChannelOptions, checkBackChannelOptions } from './back-channel.js'
import { closeSource } from './close-source.js'
import { type DeadlineOptions, withDeadline } from './deadline.js'
import { Media, type MediaOptions } from './media.js'
import { type MediaSource, sourceProblem } from './media-source.js'
import { checkTimeline, type TimelinePolicy } from './timeline/timeline.js'
import type { CacheShare } from './track/cache-budget.js'
import {
  type GopCacheLimits,
  type GopCacheOptions,
  gopCacheDefaults,
  resolveGopCache,
} from './track/gop-cache.js'

/** Path and query that a viewer requests. */
export interface MediaRequest {
  /** Decoded path of the request, without the track. */
  readonly path: string
  /** Query after `?`, as received. */
  readonly query: string | undefined
}

const msPerSecond = 1000

/** Options of a {@link MediaFactory}; all optional. */
export interface MediaFactoryOptions {
  /**
   * Shares one media among all viewers of the same path and query.
   * @default true
   */
  readonly shared?: boolean | undefined
  /**
   * Seconds that the source runs on after its last viewer has left; 0 = it closes at once. A media
   * that is not shared always closes at once, because nobody else can join it.
   * @default 10
   */
  readonly lingerSeconds?: number | undefined
  /**
   * Limit on the media that run on without a viewer; above it, the oldest ends. It bounds the
   * sources that clients can start by requesting one path or query after another. 0 = unlimited.
   * @default 100; unlimited if `lingerSeconds` is Infinity
   */
  readonly maxLingering?: number | undefined
  /**
   * Seconds for a source to be created and to start. Afterwards the client gets 503. 0 = unlimited.
   * @default 10
   */
  readonly startTimeoutSeconds?: number | undefined
  /**
   * Serves paths below the mount point too. `request.path` contains the path.
   * @default false
   */
  readonly servesSubpaths?: boolean | undefined
  /**
   * Limits on the packets kept of each track from the last key frame on, so that new viewers start
   * at once; `false` = nothing is kept.
   * @default { maxBytes: 8388608, maxSeconds: 10 }
   */
  readonly gopCache?: GopCacheOptions | false | undefined
  /**
   * Timeline that viewers see when the source jumps in RTP time, changes its SSRC or begins again.
   * `passThrough` = the source's own. `continuous` = one SSRC, and sequence numbers and timestamps
   * that continue. Seekable sources always pass through.
   * @default 'passThrough'
   */
  readonly timeline?: TimelinePolicy | undefined
  /**
   * Returns the key of a request: viewers with an equal key share a media. Leave out a query that
   * changes nothing, or every query that a client invents starts another source.
   * @default path and query
   */
  readonly sharedKey?: ((request: MediaRequest) => string) | undefined
  /**
   * Multicast addresses for the media: options, or a pool shared with other mounts; `false` = no
   * multicast.
   * @default the option `multicast` of the server
   */
  readonly multicast?: MulticastAddressPool | MulticastOptions | false | undefined
  /**
   * Audio that clients may send to this mount (ONVIF back channel). Each media has one.
   * @default none
   */
  readonly backChannel?: BackChannelOptions | undefined
}

export const mediaFactoryDefaults = Object.freeze({
  shared: true,
  lingerSeconds: 10,
  maxLingering: 100,
  startTimeoutSeconds: 10,
  servesSubpaths: false,
  gopCache: gopCacheDefaults,
  timeline: 'passThrough',
  sharedKey: ({ path, query }: MediaRequest) => (query === undefined ? path : `${path}?${query}`),
  multicast: undefined,
  backChannel: undefined,
}) satisfies { [K in keyof Required<MediaFactoryOptions>]: MediaFactoryOptions[K] }

type ResolvedMediaFactoryOptions = {
  readonly [K in Exclude<
    keyof MediaFactoryOptions,
    'gopCache' | 'multicast' | 'backChannel'
  >]-?: NonNullable<MediaFactoryOptions[K]>
} & {
  readonly gopCache: GopCacheLimits | false
  readonly multicast: MulticastAddressPool | false | undefined
  readonly backChannel: BackChannelOptions | undefined
}

function resolveMediaFactoryOptions(options: MediaFactoryOptions): ResolvedMediaFactoryOptions {
  const defaults = mediaFactoryDefaults
  checkOptions('MediaFactory', options, Object.keys(defaults))
  if (options.backChannel !== undefined) checkBackChannelOptions(options.backChannel)
  const sharedKey = options.sharedKey ?? defaults.sharedKey
  checkFunction('sharedKey', sharedKey)
  return Object.freeze({
    shared: checkBoolean('shared', options.shared ?? defaults.shared),
    lingerSeconds: checkNumber('lingerSeconds', options.lingerSeconds ?? defaults.lingerSeconds),
    maxLingering: isForEver(options)
      ? 0
      : checkNumber('maxLingering', options.maxLingering ?? defaults.maxLingering),
    startTimeoutSeconds: checkNumber(
      'startTimeoutSeconds',
      options.startTimeoutSeconds ?? defaults.startTimeoutSeconds,
    ),
    servesSubpaths: checkBoolean(
      'servesSubpaths',
      options.servesSubpaths ?? defaults.servesSubpaths,
    ),
    gopCache: resolveGopCache(options.gopCache ?? defaults.gopCache) ?? false,
    timeline: checkTimeline('timeline', options.timeline ?? defaults.timeline),
    sharedKey,
    multicast: resolveMulticast(options.multicast),
    backChannel: options.backChannel,
  })
}

/** Creates the pool of an option `multicast`. */
export function resolveMulticast<T extends false | undefined>(
  option: MulticastAddressPool | MulticastOptions | T,
): MulticastAddressPool | T {
  if (option === undefined || option === false) return option as T
  return option instanceof MulticastAddressPool ? option : new MulticastAddressPool(option)
}

const isForEver = ({ lingerSeconds, maxLingering }: MediaFactoryOptions): boolean =>
  lingerSeconds === Number.POSITIVE_INFINITY && maxLingering === undefined

/** Settings and budget that the server gives to a media. */
interface MediaPlace {
  readonly clock: Clock
  readonly multicast: MulticastAddressPool | false | undefined
  readonly openCache: OpenCacheShare | undefined
}

/** Creates the share of the cache budget for a new media. */
export type OpenCacheShare = () => CacheShare

/**
 * Creates the source for a request. Throw a `RequestError` to respond with a status of your choice.
 */
export type CreateMediaSource = (request: MediaRequest) => MediaSource | Promise<MediaSource>

/**
 * Creates media for the viewers of a mount point: one for all, or one for each
 * (GstRTSPMediaFactory).
 *
 * ```ts
 * server.mounts.add('/cam', new MediaFactory(() => openCamera(), { lingerSeconds: 30 }))
 * ```
 */
export class MediaFactory {
  readonly options: ResolvedMediaFactoryOptions
  readonly #createSource: CreateMediaSource
  readonly #shared = new Map<string, Promise<Media>>()
  readonly #all = new Set<Media>()
  #closing = closeController()

  /**
   * @throws {RangeError | TypeError} Names the wrong argument or option, the expected value and the
   *   given one.
   */
  constructor(createSource: CreateMediaSource, options: MediaFactoryOptions = {}) {
    if (typeof createSource !== 'function') {
      const expected = 'a function that makes a source, such as () => source'
      throw new TypeError(`MediaFactory: expected ${expected}, got ${kindOf(createSource)}`)
    }
    this.#createSource = createSource
    this.options = resolveMediaFactoryOptions(options)
  }

  /** Number of media that exist at the moment. */
  get mediaCount(): number {
    return this.#all.size
  }

  /**
   * Returns the media for a request: a new one, or a shared one
   * (gst_rtsp_media_factory_construct()).
   *
   * @param multicast - Pool for a factory without the option `multicast`.
   * @param openCache - Creates the cache share of a new media. Default: no common limit.
   * @throws {RequestError} `ERR_MEDIA_UNAVAILABLE` (503) if the source cannot be created in time.
   */
  async construct(
    request: MediaRequest,
    clock: Clock,
    multicast?: MulticastAddressPool,
    openCache?: OpenCacheShare,
  ): Promise<Media> {
    const options = { clock, multicast: this.options.multicast ?? multicast, openCache }
    if (!this.options.shared) return this.#create(request, options, () => {})
    const key = this.#sharedKeyOf(request)
    const existing = this.#shared.get(key)
    if (existing) return existing
    const forget = (): void => {
      if (this.#shared.get(key) === creating) this.#shared.delete(key)
    }
    const creating = this.#create(request, options, forget)
    this.#shared.set(key, creating)
    creating.catch(forget)
    return creating
  }

  /**
   * Ends all media of this factory, on all servers, and abandons those being created. It can be
   * used again afterwards. A server that closes does this with all mounted factories.
   */
  async close(): Promise<void> {
    this.#closing.abort()
    this.#closing = closeController()
    this.#shared.clear()
    await Promise.all([...this.#all].map((media) => media.end()))
  }

  #sharedKeyOf(request: MediaRequest): string {
    try {
      const key: unknown = this.options.sharedKey(request)
      if (typeof key === 'string') return key
      disown('sharedKey', key)
      const got = isThenable(key) ? 'a promise' : kindOf(key)
      throw new TypeError(`sharedKey must return a string, got ${got}`)
    } catch (error) {
      throw error instanceof RequestError ? error : sourceFailed(request.path, error)
    }
  }

  async #create(
    request: MediaRequest,
    { clock, multicast, openCache }: MediaPlace,
    forget: () => void,
  ): Promise<Media> {
    const { shared, lingerSeconds, startTimeoutSeconds, gopCache, timeline } = this.options
    const startTimeoutMs =
      startTimeoutSeconds === 0 ? Number.POSITIVE_INFINITY : startTimeoutSeconds * msPerSecond
    const source = await this.#makeSource(request, {
      clock,
      ms: startTimeoutMs,
      signal: this.#closing.signal,
    })
    const problem = sourceProblem(source, shared)
    if (problem !== undefined) {
      if (typeof source?.close === 'function') void closeSource(source, request.path, clock)
      throw new RequestError('ERR_MEDIA_UNAVAILABLE', `${request.path}: ${problem}`)
    }
    const media = this.#makeMedia(request.path, source, {
      clock,
      lingerMs: shared ? lingerSeconds * msPerSecond : 0,
      startTimeoutMs,
      gopCache: gopCache || undefined,
      cacheShare: openCache?.(),
      timeline,
      multicast: multicast || undefined,
      backChannel: this.options.backChannel,
    })
    this.#all.add(media)
    media.onEnded(() => {
      this.#all.delete(media)
      forget()
    })
    prepare(media)
    if (shared) this.#boundLingering()
    return media
  }

  #makeMedia(path: string, source: MediaSource, options: MediaOptions): Media {
    try {
      return new Media(path, source, options)
    } catch (error) {
      void closeSource(source, path, options.clock)
      throw sourceFailed(path, error)
    }
  }

  #boundLingering(): void {
    const { maxLingering } = this.options
    if (maxLingering === 0 || this.#all.size <= maxLingering) return
    const lingering = [...this.#all].filter((media) => media.isLingering)
    for (const media of lingering.slice(0, -maxLingering)) void media.end()
  }

  async #makeSource(request: MediaRequest, deadline: DeadlineOptions): Promise<MediaSource> {
    const making = (async () => this.#createSource(request))()
    try {
      return await withDeadline(making, 'making a media source', deadline)
    } catch (error) {
      if (error instanceof RequestError) throw error
      // A source that is ready too late is closed. Its failure has already been reported.
      making.then(
        (source) => closeSource(source, request.path, deadline.clock),
        () => {},
      )
      throw sourceFailed(request.path, error)
    }
  }
}

function prepare(media: Media): void {
  try {
    media.prepare()
  } catch (error) {
    throw sourceFailed(media.path, error)
  }
}

/** Each source being created listens, so the number of listeners is not limited. */
function closeController(): AbortController {
  const controller = new AbortController()
  setMaxListeners(0, controller.signal)
  return controller
}

function sourceFailed(path: string, cause: unknown): RequestError {
  return new RequestError('ERR_MEDIA_UNAVAILABLE', `the source of ${path} failed`, { cause })
}
