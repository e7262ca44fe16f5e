import { setMaxListeners } from 'node:events'
import type { Clock } from '../clock.js'
import { RequestError } from '../errors.js'
import { disown, isThenable } from '../listeners.js'
import { kindOf } from '../option-checks.js'
import type { MulticastAddressPool } from '../transport/multicast/address-pool.js'
import { closeSource } from './close-source.js'
import { type DeadlineOptions, withDeadline } from './deadline.js'
import type { PresentationOrigin } from './describe-presentation.js'
import { Media, type MediaOptions, type MediaTimes } from './media.js'
import {
  type MediaFactoryOptions,
  type MediaRequest,
  type ResolvedMediaFactoryOptions,
  resolveMediaFactoryOptions,
} from './media-factory-options.js'
import { type MediaSource, sourceProblem } from './media-source.js'
import type { CreateSlate } from './slate.js'
import type { CacheShare } from './track/cache-budget.js'

const msPerSecond = 1000

/**
 * Settings of the server that apply to a new media: multicast addresses, and a share of the cache
 * memory.
 */
export interface MediaPlace {
  readonly clock: Clock
  /** Multicast addresses for the media of a factory that has no option `multicast` of its own. @default none */
  readonly multicast?: MulticastAddressPool | undefined
  /**
   * Function that opens a share of the server's cache memory, against which the cached packets of a new media count.
   * @default no common limit
   */
  readonly openCache?: OpenCacheShare | undefined
  /** Id and version of a new media's description, in the `o=` line. @default a random id */
  readonly origin?: PresentationOrigin | undefined
}

/** Function that opens a share of the server's cache memory, against which the cached packets of a new media count. */
export type OpenCacheShare = () => CacheShare

/**
 * Returns the media of a factory for a request: a new one, or a shared one
 * (gst_rtsp_media_factory_construct()). Only the server calls this; applications get a media from
 * the server's events and lists.
 *
 * @throws {RequestError} `ERR_MEDIA_UNAVAILABLE` (503) if the source cannot be created in time.
 */
export let constructMedia: (
  factory: MediaFactory,
  request: MediaRequest,
  place: MediaPlace,
) => Promise<Media>

/**
 * Changes how long the media of a factory run on without viewers, and viewers stay without source. Meant for a source
 * whose options change while it runs. The options of the factory show the times of its creation.
 */
export let setMediaTimes: (factory: MediaFactory, times: MediaTimes) => void

/**
 * Changes the function that creates the clip (slate) for viewers while a source is away, from the next absence on;
 * `undefined` = none.
 */
export let setMediaSlate: (factory: MediaFactory, slate: CreateSlate | undefined) => void

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
  #times: MediaTimes
  #slate: CreateSlate | undefined

  /**
   * Creates a factory without media.
   *
   * @throws {RangeError | TypeError} Names the wrong argument or option, the expected value and the
   * given one.
   */
  constructor(createSource: CreateMediaSource, options: MediaFactoryOptions = {}) {
    if (typeof createSource !== 'function') {
      const expected = 'a function that makes a source, such as () => source'
      throw new TypeError(`MediaFactory: expected ${expected}, got ${kindOf(createSource)}`)
    }
    this.#createSource = createSource
    this.options = resolveMediaFactoryOptions(options)
    const { shared, lingerSeconds, holdSeconds } = this.options
    this.#slate = this.options.slate
    this.#times = {
      lingerMs: shared ? lingerSeconds * msPerSecond : 0,
      holdMs: holdSeconds * msPerSecond,
    }
  }

  /** Number of media that exist at the moment. */
  get mediaCount(): number {
    return this.#all.size
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

  async #construct(request: MediaRequest, place: MediaPlace): Promise<Media> {
    if (!this.options.shared) return this.#create(request, place, () => {})
    const key = this.#sharedKeyOf(request)
    const existing = this.#shared.get(key)
    if (existing) return existing
    const forget = (): void => {
      if (this.#shared.get(key) === creating) this.#shared.delete(key)
    }
    const creating = this.#create(request, place, forget)
    this.#shared.set(key, creating)
    creating.catch(forget)
    return creating
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
    { clock, multicast, openCache, origin }: MediaPlace,
    forget: () => void,
  ): Promise<Media> {
    const { shared, startTimeoutSeconds, gopCache, timeline } = this.options
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
      ...this.#times,
      slate: () => this.#slate,
      startTimeoutMs,
      origin,
      gopCache: gopCache || undefined,
      cacheShare: openCache?.(),
      timeline,
      multicast: (this.options.multicast ?? multicast) || undefined,
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

  static {
    constructMedia = (factory, request, place) => factory.#construct(request, place)
    setMediaTimes = (factory, times) => {
      factory.#times = times
      for (const media of factory.#all) media.setTimes(times)
    }
    setMediaSlate = (factory, slate) => {
      factory.#slate = slate
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

/**
 * Creates the controller that aborts the creation of sources. Each source being created adds a
 * listener, so their number is not limited.
 */
function closeController(): AbortController {
  const controller = new AbortController()
  setMaxListeners(0, controller.signal)
  return controller
}

function sourceFailed(path: string, cause: unknown): RequestError {
  return new RequestError('ERR_MEDIA_UNAVAILABLE', `the source of ${path} failed`, { cause })
}
