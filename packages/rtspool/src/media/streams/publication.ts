import type { Clock, ClockTimer } from '../../clock.js'
import { RequestError } from '../../errors.js'
import { resolveControl, type SessionDescription } from '../../sdp/index.js'
import type { MulticastAddressPool } from '../../transport/multicast/multicast-address-pool.js'
import type { Media } from '../media.js'
import { constructMedia, MediaFactory, type OpenCacheShare } from '../media-factory.js'
import type { MediaSource } from '../media-source.js'
import type { TimelinePolicy } from '../timeline/timeline.js'
import type { GopCacheLimits } from '../track/gop-cache-options.js'
import type { RecordStream } from './record-stream.js'
import type { TrackKeys } from './stream-security.js'

/**
 * The client that publishes. Later requests are compared with it to recognize the owner of the
 * publication.
 */
export interface Publisher {
  readonly address: string
  readonly user: string | undefined
}

export interface PublicationInit {
  /** Decoded path at which the publication is mounted. */
  readonly path: string
  /** Path and query with which the control URIs of the tracks begin. */
  readonly presentation: string
  readonly owner: Publisher
  /** Session description as announced. */
  readonly description: SessionDescription
  /** Keys of the announced SRTP tracks, by track index. */
  readonly keys?: ReadonlyMap<number, TrackKeys> | undefined
  readonly clock: Clock
  /** Milliseconds after which the publication ends if no track has been set up; 0 = never. */
  readonly setupTimeoutMs: number
  /** Limits on the packets cached for new viewers; `undefined` = no packets are cached. */
  readonly gopCache: GopCacheLimits | undefined
  /** Creates the share of the server's cache memory for the media. @default no common limit */
  readonly openCache?: OpenCacheShare
  /** Timeline that viewers see when the publisher jumps or restarts. @default 'passThrough' */
  readonly timeline?: TimelinePolicy | undefined
  /** Pool of multicast addresses for viewers. */
  readonly multicast?: MulticastAddressPool | undefined
  /** Called once, when recording has begun and viewers can play. */
  readonly onStarted: (publication: Publication) => void
  /** Called once, when the publication has ended. */
  readonly onEnded: (publication: Publication) => void
}

const publications = new WeakMap<MediaFactory, Publication>()

/** Returns the publication that a mounted factory belongs to; `undefined` for other factories. */
export const publicationOf = (factory: MediaFactory): Publication | undefined =>
  publications.get(factory)

/**
 * A presentation that a client announces and records. ANNOUNCE occupies the path, and viewers can play from RECORD
 * on. The publication ends when the publisher leaves, or sets up no track in time.
 */
export class Publication {
  readonly path: string
  /** Factory mounted at the path. Until recording has begun, requests for its media get 404. */
  readonly factory: MediaFactory
  readonly #init: PublicationInit
  readonly #streams = new Set<RecordStream>()
  readonly #setupDeadline: ClockTimer | undefined
  /** Indexes of the announced tracks that viewers are sent, in order. The first RECORD sets them. */
  #recorded: readonly number[] | undefined
  #media: Media | undefined
  #holder: object | undefined
  #isEnded = false
  /** Time of ANNOUNCE, or of the last RECORD, in milliseconds of the clock. */
  #begunAt: number

  constructor(init: PublicationInit) {
    this.#init = init
    this.path = init.path
    this.#begunAt = init.clock.now()
    if (init.setupTimeoutMs > 0) {
      this.#setupDeadline = init.clock.schedule(() => this.end(), init.setupTimeoutMs, false)
    }
    this.factory = new MediaFactory(() => this.#source(), {
      sharedKey: () => init.path,
      lingerSeconds: Number.POSITIVE_INFINITY,
      gopCache: init.gopCache ?? false,
      timeline: init.timeline,
      multicast: init.multicast ?? false,
    })
    publications.set(this.factory, this)
  }

  get owner(): Publisher {
    return this.#init.owner
  }

  /**
   * Last time that the publisher has sent media or RTCP, or has requested ANNOUNCE or RECORD, in milliseconds of the
   * clock.
   */
  get heardAt(): number {
    let heardAt = this.#begunAt
    for (const stream of this.#streams) heardAt = Math.max(heardAt, stream.heardAt)
    return heardAt
  }

  /** True once a track is set up. From then on the publisher's session keeps the publication alive. */
  get isSetUp(): boolean {
    return this.#streams.size > 0
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  /** Media that viewers play; `undefined` before RECORD. */
  get media(): Media | undefined {
    return this.#media
  }

  /** Returns the SRTP keys that were announced for a track. */
  keysOf(trackIndex: number): TrackKeys | undefined {
    return this.#init.keys?.get(trackIndex)
  }

  /**
   * Returns the index of the announced track that a SETUP requests; `undefined` if there is none.
   *
   * @param target - Path and query of the request URI.
   */
  trackIndexOf(target: string): number | undefined {
    const { presentation, description } = this.#init
    const index = description.media.findIndex(
      ({ control }) => control !== undefined && isControlOf(target, presentation, control),
    )
    if (index >= 0) return index
    // A publisher of one track may omit the control.
    return description.media.length === 1 && target === presentation ? 0 : undefined
  }

  /** Returns whether a track can be set up: any track before the first RECORD, and afterwards only a recorded one. */
  takesTrack(index: number): boolean {
    return this.#recorded?.includes(index) ?? true
  }

  /**
   * Begins or resumes recording: offers the tracks that were set up to viewers.
   *
   * @param streams - Streams by index of the announced track.
   * @throws {RequestError} `ERR_NOT_FOUND` if the publication has ended.
   */
  async record(streams: ReadonlyMap<number, RecordStream>): Promise<void> {
    const { clock, openCache } = this.#init
    this.#begunAt = clock.now()
    this.#recorded ??= [...streams.keys()].sort((a, b) => a - b)
    const recorded = this.#recorded
    const request = { path: this.path, query: undefined }
    const media = await constructMedia(this.factory, request, { clock, openCache })
    await media.play()
    if (this.#isEnded) {
      await media.end()
      throw this.#notFound()
    }
    recorded.forEach((index, position) => {
      const stream = streams.get(index)
      const track = media.tracks[position]
      if (!stream || !track) return
      media.participants.join(stream)
      stream.record(track)
    })
    if (this.#media) return
    this.#media = media
    this.#init.onStarted(this)
  }

  /** Session of the publisher; `undefined` before the first SETUP. */
  get holder(): object | undefined {
    return this.#holder
  }

  get description(): SessionDescription {
    return this.#init.description
  }

  /**
   * Adds a stream that was set up. The publication ends when its last stream is removed.
   *
   * @param holder - The session of the publisher.
   */
  addStream(stream: RecordStream, holder?: object): void {
    this.#holder = holder
    this.#setupDeadline?.cancel()
    this.#streams.add(stream)
  }

  removeStream(stream: RecordStream): void {
    this.#media?.participants.leave(stream)
    if (this.#streams.delete(stream) && this.#streams.size === 0) this.end()
  }

  /** Ends the publisher's session and the publication, because another publisher replaces it. */
  giveWay(): void {
    const [stream] = this.#streams
    stream?.giveWay()
    this.end()
  }

  /**
   * Ends the publication. Its path is free at once. After the publisher's session has left its
   * pool, the viewers' sessions end with reason `mediaEnded`. Idempotent.
   */
  end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#setupDeadline?.cancel()
    this.#init.onEnded(this)
    queueMicrotask(() => void this.#media?.end())
  }

  #source(): MediaSource {
    if (!this.#recorded || this.#isEnded) throw this.#notFound()
    const { session, media } = this.#init.description
    const description = { session, media: this.#recorded.flatMap((index) => media[index] ?? []) }
    const { address: remoteAddress } = this.#init.owner
    return { description, sendsReports: true, remoteAddress, start: () => {}, close: () => {} }
  }

  #notFound(): RequestError {
    return new RequestError('ERR_NOT_FOUND', `nobody records to ${this.path}`)
  }
}

/**
 * Returns whether a request URI names a control. Clients form the URI by resolving the control, by appending it to
 * the presentation's URI, or by inserting it before the query.
 */
function isControlOf(target: string, presentation: string, control: string): boolean {
  if (control.includes('://')) return control.endsWith(target)
  if (target === resolveControl(presentation, control)) return true
  const segment = control.startsWith('/') ? control : `/${control}`
  if (target === presentation + segment) return true
  const query = presentation.indexOf('?')
  return query >= 0 && target === presentation.slice(0, query) + segment + presentation.slice(query)
}
