import type { Clock, ClockTimer } from '../../clock.js'
import { RequestError } from '../../errors.js'
import { resolveControl, type SessionDescription } from '../../sdp/index.js'
import type { Media } from '../media.js'
import type { MediaFactory } from '../media-factory.js'
import type { MediaSource } from '../media-source.js'
import type { PublishedPath, PublishedPathSettings, Recorder } from './published-path.js'
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
  /** Path at which the publication can be viewed, with its present media if viewers wait there. */
  readonly place: PublishedPath
  /** Settings for the media at the path, in force if the publication creates a new one. */
  readonly settings: PublishedPathSettings
  /** Path and query with which the control URIs of the tracks begin. */
  readonly presentation: string
  readonly owner: Publisher
  /** Session description as announced. */
  readonly description: SessionDescription
  /** SRTP keys of the announced tracks that are encrypted, by track index. */
  readonly keys?: ReadonlyMap<number, TrackKeys> | undefined
  readonly clock: Clock
  /** Milliseconds after which the publication ends if no track has been set up; 0 = never. */
  readonly setupTimeoutMs: number
  /** Called once, when recording has begun and viewers can play. */
  readonly onStarted: (publication: Publication) => void
  /** Called once, when the publication has ended. */
  readonly onEnded: (publication: Publication) => void
}

/**
 * A presentation that a client announces and records. ANNOUNCE occupies the path, and viewers can play from RECORD
 * on. The publication ends when the publisher leaves, or sets up no track in time. Its media may outlive it, and
 * continue with the next publication at the path.
 */
export class Publication implements Recorder {
  readonly #init: PublicationInit
  readonly #streams = new Set<RecordStream>()
  readonly #setupDeadline: ClockTimer | undefined
  /** Indexes of the announced tracks that viewers are sent, in order. The first RECORD sets them. */
  #recorded: readonly number[] | undefined
  #media: Media | undefined
  #holder: object | undefined
  #isEnded = false
  /** Time of ANNOUNCE or of the last RECORD, whichever is later, in milliseconds of the monotonic clock. */
  #begunAt: number

  constructor(init: PublicationInit) {
    this.#init = init
    init.place.enter(this, init.settings)
    this.#begunAt = init.clock.now()
    if (init.setupTimeoutMs > 0) {
      this.#setupDeadline = init.clock.schedule(() => this.end(), init.setupTimeoutMs, false)
    }
  }

  /** Decoded path at which viewers play. */
  get path(): string {
    return this.#init.place.path
  }

  /** Factory mounted at the path. Until recording has begun, requests for a new media get 404. */
  get factory(): MediaFactory | undefined {
    return this.#init.place.factory
  }

  get owner(): Publisher {
    return this.#init.owner
  }

  /**
   * Last time that the publisher has sent media or RTCP, or has requested ANNOUNCE or RECORD, in milliseconds of the
   * monotonic clock.
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

  /** Returns the SRTP keys that were announced for a track; `undefined` if the track is not encrypted. */
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
    this.#begunAt = this.#init.clock.now()
    this.#recorded ??= [...streams.keys()].sort((a, b) => a - b)
    const recorded = this.#recorded
    const media = this.#media ?? (await this.#init.place.openMedia(this))
    await media?.play()
    if (!media || this.#isEnded) throw this.#notFound()
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
   * Ends the publication. Others may publish to its path at once. The viewers wait for them during the grace time of
   * the path. Without such a time, their sessions end with reason `mediaEnded`, after the publisher's session has
   * left the session pool. Idempotent.
   */
  end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#setupDeadline?.cancel()
    this.#init.place.leave(this)
    this.#init.onEnded(this)
  }

  /**
   * Returns a source for the media that viewers play, which sends the recorded tracks.
   *
   * @throws {RequestError} `ERR_NOT_FOUND` before RECORD, and after the end.
   */
  source(): MediaSource {
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

/** Returns the publication that occupies a path; `undefined` while viewers wait there for the next one. */
export const publicationAt = ({ occupant }: PublishedPath): Publication | undefined =>
  occupant instanceof Publication ? occupant : undefined

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
