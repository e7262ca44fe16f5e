import type { Clock } from '../../clock.js'
import { RequestError } from '../../errors.js'
import type { MulticastAddressPool } from '../../transport/multicast/address-pool.js'
import type { Media } from '../media.js'
import {
  constructMedia,
  MediaFactory,
  type OpenCacheShare,
  setMediaSlate,
  setMediaTimes,
} from '../media-factory.js'
import type { MediaSource } from '../media-source.js'
import type { CreateSlate } from '../slate.js'
import type { TimelinePolicy } from '../timeline/timeline.js'
import type { GopCacheLimits } from '../track/gop-cache-options.js'

/**
 * Settings of the media at a path, in force from its next media on. Those for an absence of the publisher are in force
 * from its next return on.
 */
export interface PublishedPathSettings {
  /** Limits on the packets kept for new viewers; `undefined` = no packets are kept. */
  readonly gopCache: GopCacheLimits | undefined
  /** Timeline that viewers see when the publisher jumps or restarts. @default 'passThrough' */
  readonly timeline?: TimelinePolicy | undefined
  /** Pool of multicast addresses for viewers of the path; `undefined` = no multicast. */
  readonly multicast?: MulticastAddressPool | undefined
  /** Seconds that viewers stay and wait for another publisher after theirs has left. @default 0 */
  readonly graceSeconds?: number | undefined
  /** Function that creates the clip (slate) that viewers are sent while no publisher is there. @default none */
  readonly slate?: CreateSlate | undefined
}

export interface PublishedPathInit {
  /** Decoded path that clients publish to. */
  readonly path: string
  readonly clock: Clock
  /** Function that opens a share of the server's cache memory for a media. @default no common limit */
  readonly openCache?: OpenCacheShare | undefined
  /** Mounts a factory at the path, so that viewers can request it. */
  readonly mount: (factory: MediaFactory) => void
  /** Removes a factory from the path. */
  readonly unmount: (factory: MediaFactory) => void
}

/** Publication that occupies a path, as {@link PublishedPath} uses it. */
export interface Recorder {
  /**
   * Returns a source for the media at the path, which sends the recorded tracks.
   *
   * @throws {RequestError} `ERR_NOT_FOUND` before RECORD.
   */
  source(): MediaSource
}

const paths = new WeakMap<MediaFactory, PublishedPath>()

/** Returns the path of a factory that a publication has mounted; `undefined` for other factories. */
export const publishedPathOf = (factory: MediaFactory): PublishedPath | undefined =>
  paths.get(factory)

/**
 * A path that clients publish to, one after another. It exists as long as it has a publication, or a media whose
 * viewers wait for the next one.
 *
 * ```text
 * publication  ├── first ──┤      ├── second ──┤            ├── third ──┤
 * media        ├── one media ─ away ───────────┼─ grace ─┤  ├── another ─ …
 * path         ├── mounted ──────────────────────────────┤  ├── mounted ─ …
 * ```
 */
export class PublishedPath {
  readonly #init: PublishedPathInit
  #settings: PublishedPathSettings | undefined
  #factory: MediaFactory | undefined
  #occupant: Recorder | undefined
  #media: Media | undefined
  /** Publication that records to the media at present; `undefined` while viewers wait for the next one. */
  #recorder: Recorder | undefined

  constructor(init: PublishedPathInit) {
    this.#init = init
  }

  get path(): string {
    return this.#init.path
  }

  /** Factory mounted at the path; `undefined` before the first publication, and after the end. */
  get factory(): MediaFactory | undefined {
    return this.#factory
  }

  /** Publication at the path; `undefined` while viewers wait for the next one. */
  get occupant(): Recorder | undefined {
    return this.#occupant
  }

  /** Makes a publication the one that occupies the path, which must have none. `settings` apply to its next media. */
  enter(publication: Recorder, settings: PublishedPathSettings): void {
    this.#occupant = publication
    this.#settings = settings
    if (!this.#factory) this.#mount()
  }

  /**
   * Returns the media to which the publication at the path records: the one whose viewers wait, if its codecs are the
   * same, or else a new one.
   *
   * @returns `undefined` if the publication has left meanwhile.
   */
  async openMedia(recorder: Recorder): Promise<Media | undefined> {
    const { description } = recorder.source()
    const waiting = this.#media
    if (waiting?.sourceBack(description)) {
      this.#recorder = recorder
      this.#applyGrace()
      return waiting
    }
    const before = waiting?.origin
    const origin = before && { ...before, version: before.version + 1 }
    if (waiting) this.#remount()
    const { path, clock, openCache } = this.#init
    const factory = this.#factory ?? this.#mount()
    const request = { path, query: undefined }
    const media = await constructMedia(factory, request, { clock, openCache, origin })
    if (this.#occupant !== recorder) {
      await media.end()
      return undefined
    }
    this.#recorder = recorder
    this.#media = media
    media.onEnded(() => this.#noteEnded(media))
    return media
  }

  /**
   * Frees the path of a publication that has ended. The viewers of its media wait for the next publication, or leave
   * once the publisher's session has left the session pool.
   */
  leave(publication: Recorder): void {
    if (this.#occupant !== publication) return
    const media = this.#recorder === publication ? this.#media : undefined
    this.#occupant = undefined
    this.#recorder = undefined
    if (media && (this.#settings?.graceSeconds ?? 0) > 0) media.sourceAway()
    else if (media) {
      this.#media = undefined
      queueMicrotask(() => void media.end())
    }
    this.#settle()
  }

  /** Applies the settings for an absence of the publisher to the media whose publisher has just returned. */
  #applyGrace(): void {
    if (!this.#factory) return
    const { graceSeconds = 0, slate } = this.#settings ?? {}
    setMediaTimes(this.#factory, {
      lingerMs: Number.POSITIVE_INFINITY,
      holdMs: graceSeconds * 1000,
    })
    setMediaSlate(this.#factory, slate)
  }

  #noteEnded(media: Media): void {
    if (this.#media !== media) return
    this.#media = undefined
    this.#settle()
  }

  /** Removes the factory from the path once neither publication nor media is left. */
  #settle(): void {
    if (this.#occupant || this.#media || !this.#factory) return
    this.#init.unmount(this.#factory)
    this.#factory = undefined
  }

  #remount(): void {
    if (this.#factory) this.#init.unmount(this.#factory)
    this.#mount()
  }

  #mount(): MediaFactory {
    const settings = this.#settings
    const factory = new MediaFactory(() => this.#source(), {
      sharedKey: () => this.path,
      lingerSeconds: Number.POSITIVE_INFINITY,
      holdSeconds: settings?.graceSeconds,
      slate: settings?.slate,
      gopCache: settings?.gopCache ?? false,
      timeline: settings?.timeline,
      multicast: settings?.multicast ?? false,
    })
    paths.set(factory, this)
    this.#factory = factory
    this.#init.mount(factory)
    return factory
  }

  #source(): MediaSource {
    if (this.#occupant) return this.#occupant.source()
    throw new RequestError('ERR_NOT_FOUND', `nobody records to ${this.path}`)
  }
}
