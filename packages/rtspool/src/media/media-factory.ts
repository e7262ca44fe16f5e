import type { Clock } from '../clock.js'
import { RequestError } from '../errors.js'
import { Media } from './media.js'
import type { MediaSource } from './media-source.js'

/** What a viewer asked for. */
export interface MediaRequest {
  /** Decoded path of the request, without the track. */
  readonly path: string
  /** What follows `?`, as received. */
  readonly query: string | undefined
}

/** Options of a {@link MediaFactory}; all optional. */
export interface MediaFactoryOptions {
  /**
   * Whether all viewers of the same path and query share one media.
   * @default true
   */
  readonly shared?: boolean | undefined
  /**
   * Seconds that the source runs on after its last viewer has left; 0 = it is closed at once.
   * @default 10
   */
  readonly lingerSeconds?: number | undefined
  /**
   * Whether the factory also answers for paths below its mount point. `request.path` tells which.
   * @default false
   */
  readonly servesSubpaths?: boolean | undefined
  /**
   * Viewers with an equal key share a media. Leave the query out where it changes nothing, or every
   * query that a client makes up starts another source.
   * @default path and query
   */
  readonly sharedKey?: ((request: MediaRequest) => string) | undefined
}

export const mediaFactoryDefaults = Object.freeze({
  shared: true,
  lingerSeconds: 10,
  servesSubpaths: false,
  sharedKey: ({ path, query }: MediaRequest) => (query === undefined ? path : `${path}?${query}`),
}) satisfies Required<MediaFactoryOptions>

type ResolvedMediaFactoryOptions = {
  readonly [K in keyof Required<MediaFactoryOptions>]: NonNullable<MediaFactoryOptions[K]>
}

function resolveMediaFactoryOptions(options: MediaFactoryOptions): ResolvedMediaFactoryOptions {
  const lingerSeconds = options.lingerSeconds ?? mediaFactoryDefaults.lingerSeconds
  if (!(lingerSeconds >= 0)) {
    throw new RangeError(`lingerSeconds must be a number from 0, got ${lingerSeconds}`)
  }
  return Object.freeze({
    shared: options.shared ?? mediaFactoryDefaults.shared,
    lingerSeconds,
    servesSubpaths: options.servesSubpaths ?? mediaFactoryDefaults.servesSubpaths,
    sharedKey: options.sharedKey ?? mediaFactoryDefaults.sharedKey,
  })
}

/** Makes the source for a request. Throw a `RequestError` to refuse with a status of your choice. */
export type CreateMediaSource = (request: MediaRequest) => MediaSource | Promise<MediaSource>

/**
 * Makes media for the viewers of a mount point: one for all, or one each (GstRTSPMediaFactory).
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

  constructor(createSource: CreateMediaSource, options: MediaFactoryOptions = {}) {
    this.#createSource = createSource
    this.options = resolveMediaFactoryOptions(options)
  }

  /** Media that exist at the moment. */
  get mediaCount(): number {
    return this.#all.size
  }

  /**
   * The media for a request: a new one, or the one that others share (gst_rtsp_media_factory_construct()).
   *
   * @throws {RequestError} `ERR_MEDIA_UNAVAILABLE` (503) when the source cannot be made.
   */
  async construct(request: MediaRequest, clock: Clock): Promise<Media> {
    if (!this.options.shared) return this.#create(request, clock)
    const key = this.options.sharedKey(request)
    const existing = this.#shared.get(key)
    if (existing) return existing
    const creating = this.#create(request, clock, () => this.#shared.delete(key))
    this.#shared.set(key, creating)
    creating.catch(() => this.#shared.delete(key))
    return creating
  }

  /** Ends all media of this factory. It can be used again afterwards. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#shared.values())
    await Promise.all([...this.#all].map((media) => media.end()))
  }

  async #create(request: MediaRequest, clock: Clock, forget?: () => void): Promise<Media> {
    let source: MediaSource
    try {
      source = await this.#createSource(request)
    } catch (error) {
      if (error instanceof RequestError) throw error
      throw new RequestError('ERR_MEDIA_UNAVAILABLE', `the source of ${request.path} failed`, {
        cause: error,
      })
    }
    const media = new Media(request.path, source, {
      clock,
      lingerMs: this.options.lingerSeconds * 1000,
    })
    this.#all.add(media)
    media.onEnded(() => {
      this.#all.delete(media)
      forget?.()
    })
    return media
  }
}
