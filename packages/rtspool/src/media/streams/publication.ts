import type { Clock, ClockTimer } from '../../clock.js'
import { RequestError } from '../../errors.js'
import { resolveControl, type SessionDescription } from '../../sdp/index.js'
import type { MulticastAddressPool } from '../../transport/multicast/multicast-address-pool.js'
import type { Media } from '../media.js'
import { MediaFactory, type OpenCacheShare } from '../media-factory.js'
import type { MediaSource } from '../media-source.js'
import type { TimelinePolicy } from '../timeline/timeline.js'
import type { GopCacheLimits } from '../track/gop-cache.js'
import type { RecordStream } from './record-stream.js'
import type { TrackKeys } from './stream-security.js'

/** Who publishes, as its owner is known to the server. */
export interface Publisher {
  readonly address: string
  readonly user: string | undefined
}

export interface PublicationInit {
  /** Decoded path that it is mounted at. */
  readonly path: string
  /** Path and query, as the control URIs of its tracks begin. */
  readonly presentation: string
  readonly owner: Publisher
  /** As announced. */
  readonly description: SessionDescription
  /** Of the announced tracks that are SRTP, by their index. */
  readonly keys?: ReadonlyMap<number, TrackKeys> | undefined
  readonly clock: Clock
  /** Milliseconds until it is over if no track has been set up; 0 = never. */
  readonly setupTimeoutMs: number
  /** What is kept for new viewers. */
  readonly gopCache: GopCacheLimits | undefined
  /** Says where that counts. @default nowhere */
  readonly openCache?: OpenCacheShare
  /** What viewers see when it jumps or begins anew. @default 'passThrough' */
  readonly timeline?: TimelinePolicy | undefined
  /** Where viewers may have it by multicast. */
  readonly multicast?: MulticastAddressPool | undefined
  /** Called once, when there is something to watch. */
  readonly onStarted: (publication: Publication) => void
  /** Called once. */
  readonly onEnded: (publication: Publication) => void
}

const publications = new WeakMap<MediaFactory, Publication>()

/** The publication that a mounted factory belongs to, if it is one. */
export const publicationOf = (factory: MediaFactory): Publication | undefined =>
  publications.get(factory)

/**
 * What a client announces and records: it takes its path at once, can be watched from RECORD on, and is over
 * when the publisher goes, or does not set it up in time.
 */
export class Publication {
  readonly path: string
  /** Mounted at the path; answers 404 until recording has begun. */
  readonly factory: MediaFactory
  readonly #init: PublicationInit
  readonly #streams = new Set<RecordStream>()
  readonly #setupDeadline: ClockTimer | undefined
  /** Announced tracks that viewers get, in this order; fixed by the first RECORD. */
  #recorded: readonly number[] | undefined
  #media: Media | undefined
  #isEnded = false
  /** When it was announced, or began to record, or went on. */
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

  /** When its publisher has sent something last, or was about to begin, in milliseconds of the clock. */
  get heardAt(): number {
    let heardAt = this.#begunAt
    for (const stream of this.#streams) heardAt = Math.max(heardAt, stream.heardAt)
    return heardAt
  }

  /** Whether a track is set up: from then on a session answers for the publication. */
  get isSetUp(): boolean {
    return this.#streams.size > 0
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  /** The media that viewers get, from RECORD on. */
  get media(): Media | undefined {
    return this.#media
  }

  /** The keys that were announced for a track. */
  keysOf(trackIndex: number): TrackKeys | undefined {
    return this.#init.keys?.get(trackIndex)
  }

  /** The announced track whose control URI a SETUP names with its path and query, or `undefined`. */
  trackIndexOf(target: string): number | undefined {
    const { presentation, description } = this.#init
    const index = description.media.findIndex(
      ({ control }) => control !== undefined && isControlOf(target, presentation, control),
    )
    if (index >= 0) return index
    // Publishers of one track may leave the control out.
    return description.media.length === 1 && target === presentation ? 0 : undefined
  }

  /** Whether a track can be set up: any before the first RECORD, then those that were recorded. */
  takesTrack(index: number): boolean {
    return this.#recorded?.includes(index) ?? true
  }

  /**
   * Begins to record, or goes on after a pause. Only tracks that were set up are offered to viewers.
   *
   * @param streams - By index of the announced track.
   * @throws {RequestError} `ERR_NOT_FOUND` when the publication has ended.
   */
  async record(streams: ReadonlyMap<number, RecordStream>): Promise<void> {
    this.#begunAt = this.#init.clock.now()
    this.#recorded ??= [...streams.keys()].sort((a, b) => a - b)
    const recorded = this.#recorded
    const media = await this.factory.construct(
      { path: this.path, query: undefined },
      this.#init.clock,
      undefined,
      this.#init.openCache,
    )
    await media.play()
    if (this.#isEnded) {
      await media.end()
      throw this.#notFound()
    }
    recorded.forEach((index, position) => {
      const stream = streams.get(index)
      const track = media.tracks[position]
      if (!stream || !track) return
      media.join(stream)
      stream.record(track)
    })
    if (this.#media) return
    this.#media = media
    this.#init.onStarted(this)
  }

  /** Adds a stream that was set up; when the last one closes, the publication is over. */
  addStream(stream: RecordStream): void {
    this.#setupDeadline?.cancel()
    this.#streams.add(stream)
  }

  removeStream(stream: RecordStream): void {
    this.#media?.leave(stream)
    if (this.#streams.delete(stream) && this.#streams.size === 0) this.end()
  }

  /** Another publisher takes the path: the session of this one ends, and so do its media. */
  giveWay(): void {
    const [stream] = this.#streams
    stream?.giveWay()
    this.end()
  }

  /**
   * Ends the publication: its path is free at once; then, when the publisher's session has left its pool, its
   * viewers leave with reason `mediaEnded`. Idempotent.
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

/** Whether a client gets the target that resolves the control, appends it whatever it is, or puts it before the query. */
function isControlOf(target: string, presentation: string, control: string): boolean {
  if (control.includes('://')) return control.endsWith(target)
  if (target === resolveControl(presentation, control)) return true
  const segment = control.startsWith('/') ? control : `/${control}`
  if (target === presentation + segment) return true
  const query = presentation.indexOf('?')
  return query >= 0 && target === presentation.slice(0, query) + segment + presentation.slice(query)
}
