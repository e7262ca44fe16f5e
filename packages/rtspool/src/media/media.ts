import { randomBytes, randomInt } from 'node:crypto'
import type { InspectOptions } from 'node:util'
import type { Clock } from '../clock.js'
import { type Inspect, inspectCustom, inspectSummary } from '../inspection.js'
import { callSafely, catchLater, tellFailure } from '../listeners.js'
import type { AccessUnit } from '../public/access-unit.js'
import type { MediaInfo, MediaState, MediaSummary } from '../public/media.js'
import type { TrackInfo } from '../public/track.js'
import { createPublicId } from '../public-id.js'
import type { SessionDescription } from '../sdp/index.js'
import type { MulticastAddressPool } from '../transport/multicast/address-pool.js'
import { BackChannel, type BackChannelOptions } from './back-channel.js'
import { closeSource } from './close-source.js'
import { withDeadline } from './deadline.js'
import type { PresentationOrigin, PresentationView } from './describe-presentation.js'
import { Descriptions } from './descriptions.js'
import { haveSameCodecs } from './gap/same-codecs.js'
import { SourceGap } from './gap/source-gap.js'
import { MediaLife } from './media-life.js'
import {
  isSeekable,
  type MediaOutput,
  type MediaSource,
  type SeekableSource,
} from './media-source.js'
import { mediaSummaryOf } from './media-summary.js'
import { Participants } from './participants.js'
import { Playback } from './playback.js'
import { type CreateSlate, Slate } from './slate.js'
import { CommonJump } from './timeline/common-jump.js'
import { ReportTimer } from './timeline/report-timer.js'
import { SourceClock } from './timeline/source-clock.js'
import type { TimelinePolicy } from './timeline/timeline.js'
import { keptKeyFrame } from './track/access-units.js'
import type { CacheShare } from './track/cache-budget.js'
import type { GopCacheLimits } from './track/gop-cache-options.js'
import { MulticastStreams } from './track/multicast-streams.js'
import { Track } from './track/track.js'
import { type TrackBeginning, trackBeginnings } from './track-beginnings.js'

export interface MediaOptions {
  readonly clock: Clock
  /** Milliseconds that the source runs on after the last viewer has left; Infinity = for ever. */
  readonly lingerMs: number
  /** Milliseconds that viewers stay while the source is away; 0 = they leave at once. @default 0 */
  readonly holdMs?: number
  /**
   * Returns the function that creates the source of the next slate: a clip that viewers are sent while the source is
   * away. `undefined` = none.
   * @default none
   */
  readonly slate?: (() => CreateSlate | undefined) | undefined
  /** Id and version of the description, in the `o=` line. @default a random id */
  readonly origin?: PresentationOrigin | undefined
  /** Maximum milliseconds that the source may take to start. @default no limit */
  readonly startTimeoutMs?: number
  /** Limits on the packets cached for an instant start of new viewers; `undefined` = no cache. */
  readonly gopCache?: GopCacheLimits | undefined
  /** Share of the server's cache memory that the cached packets count against. @default none */
  readonly cacheShare?: CacheShare | undefined
  /**
   * Treatment of SSRC, sequence numbers and timestamps when the source jumps or changes. @default
   * 'passThrough'
   */
  readonly timeline?: TimelinePolicy | undefined
  /** Pool of addresses for multicast; `undefined` = no multicast. */
  readonly multicast?: MulticastAddressPool | undefined
  readonly backChannel?: BackChannelOptions | undefined
}

/** Times that {@link Media.setTimes} changes. */
export interface MediaTimes {
  /** Milliseconds that the source runs on after the last viewer has left; Infinity = for ever. */
  readonly lingerMs: number
  /** Milliseconds that viewers stay while the source is away; 0 = they leave at once. */
  readonly holdMs: number
}

/**
 * A presentation (GStreamer: media), sent from one source to all its viewers. It starts with the
 * first viewer that plays, and ends some time after the last has left (GstRTSPMedia).
 */
export class Media implements MediaInfo {
  readonly publicId = createPublicId()
  readonly path: string
  readonly tracks: readonly Track[]
  /**
   * Position and state of the one viewer of a stored presentation, who can seek and pause; `undefined` for a live one.
   */
  readonly playback: Playback | undefined
  /** Multicast streams of the tracks; `undefined` without multicast. */
  readonly multicast: MulticastStreams | undefined
  /** Channel for audio from viewers; `undefined` without one. */
  readonly backChannel: BackChannel | undefined
  /** Streams that use the media. They keep it alive: it ends some time after the last has left. */
  readonly participants: Participants
  readonly createdTime: Date
  readonly #descriptions: Descriptions
  readonly #source: MediaSource
  readonly #output: MediaOutput
  readonly #options: MediaOptions
  readonly #life = new MediaLife()
  readonly #reports: ReportTimer
  readonly #gap: SourceGap
  #starting: Promise<void> | undefined

  constructor(path: string, source: MediaSource, options: MediaOptions) {
    this.path = path
    this.#source = source
    this.#options = options
    const { clock } = options
    this.createdTime = new Date(clock.unixTimeMs())
    this.playback = isSeekable(source) ? this.#playbackOf(source) : undefined
    this.#descriptions = new Descriptions(
      source.description,
      options.origin ?? newOrigin(),
      this.playback,
    )
    // A description that cannot be written is the fault of the source: no media is made of it.
    this.#descriptions.for({})
    this.backChannel = options.backChannel && new BackChannel(options.backChannel)
    // A presentation that one viewer seeks in cannot be sent to others.
    const multicast = this.playback ? undefined : options.multicast
    this.multicast = multicast && new MulticastStreams(multicast)
    const cname = randomBytes(12).toString('base64url')
    // After a seek, a viewer receives the range only, without earlier packets.
    const gopCache = this.playback ? undefined : options.gopCache
    const shared = {
      path,
      clock,
      cname,
      gopCache,
      // A seekable source announces its positions itself.
      timeline: (this.playback ? undefined : options.timeline) ?? 'passThrough',
      jump: new CommonJump(),
      isSeekable: this.playback !== undefined,
      sourceClock: new SourceClock(),
      remoteAddress: source.remoteAddress,
      awaitsReport: source.sendsReports ?? false,
      cacheShare: options.cacheShare,
      onKeyFrame: (track: TrackInfo, unixMs: number): void => this.#keyFrameBegins(track, unixMs),
      onKeyFrameWanted: ({ index }: TrackInfo): void =>
        callSafely('keyFrameWanted', () => source.keyFrameWanted?.(index)),
    }
    this.tracks = source.description.media.map(
      (description, index) => new Track({ ...shared, index, description }),
    )
    this.#output = {
      tracks: this.tracks,
      clock,
      end: () => void this.end(),
      rangeEnded: () => this.#rangeEnded(),
      fail: () => void this.fail(),
      drained: () => this.participants.drained(),
      sourceAway: () => this.sourceAway(),
      sourceBack: (description) => this.sourceBack(description),
      descriptionChanged: () => this.#descriptions.noteChanged(),
    }
    const { holdMs = 0, slate: create = () => undefined } = options
    const slate = new Slate({ path, clock, tracks: this.tracks, create })
    const onOver = () => void this.end()
    this.#gap = new SourceGap({ clock, tracks: this.tracks, holdMs, slate, onOver })
    this.#reports = new ReportTimer(clock, () => this.#sendRtcp())
    this.participants = new Participants(clock, options.lingerMs, () => void this.end())
  }

  get state(): MediaState {
    return this.#life.state
  }

  get startedTime(): Date | undefined {
    return this.#life.startedTime
  }

  get durationSeconds(): number | undefined {
    return this.playback?.durationSeconds
  }

  /**
   * Reason with which the sessions of the media's viewers end: the source has ended, failed, or returned with other
   * codecs.
   */
  get endReason(): 'mediaEnded' | 'mediaFailed' | 'sourceChanged' {
    return this.#life.endReason
  }

  /** The session description without multicast groups, back channel and keys. */
  get sdp(): Buffer {
    return this.#descriptions.for({})
  }

  /** True once a client has been sent the description, and may therefore set up the media. */
  get isDescribed(): boolean {
    return this.#descriptions.isKnown
  }

  /**
   * Returns the session description for a client, in a buffer that is shared with other clients.
   */
  describe(view: PresentationView): Buffer {
    return this.#descriptions.forClient(view)
  }

  /**
   * Announces that packets pushed from now on come from another source; see
   * {@link Track.expectNewSource}.
   */
  expectNewSource(): void {
    for (const track of this.tracks) track.expectNewSource()
  }

  /** True while a viewer, or another reader that needs each packet at once, reads one of the tracks. */
  get isWatched(): boolean {
    return this.tracks.some((track) => track.isWatched)
  }

  /** Returns the last key frame that is kept; see {@link MediaInfo.readKeyFrame}. */
  readKeyFrame(track?: TrackInfo): AccessUnit | undefined {
    const chosen = this.tracks.find((each) => (track ? each === track : each.hasKeyFrames))
    if (track && !chosen) throw new TypeError(`the track belongs to another media: ${this.path}`)
    return chosen && keptKeyFrame(chosen)
  }

  get awaySince(): Date | undefined {
    return this.#gap.since
  }

  /** Id and version of the present description, as the `o=` line states them. */
  get origin(): PresentationOrigin {
    return this.#descriptions.origin
  }

  /** Notes that the source is away: viewers stay for the hold time. See {@link MediaOutput.sourceAway}. */
  sourceAway(): void {
    if (!this.#life.hasEnded) this.#gap.begin()
  }

  /** Notes that the source has returned. See {@link MediaOutput.sourceBack}. */
  sourceBack(description: SessionDescription): boolean {
    if (this.#life.hasEnded) return false
    if (haveSameCodecs(this.#source.description, description)) {
      this.#gap.end()
      return true
    }
    this.#life.noteChanged()
    void this.end()
    return false
  }

  /**
   * Changes two times: for how long the source runs on without viewers, and viewers stay without a source. Both count
   * from now on.
   */
  setTimes({ lingerMs, holdMs }: MediaTimes): void {
    if (this.#life.hasEnded) return
    this.participants.lingerMs = lingerMs
    this.#gap.holdMs = holdMs
  }

  /** Number of streams that are set up on this media, playing or not. */
  get participantCount(): number {
    return this.participants.count
  }

  /**
   * True while the media runs or waits and no stream uses it. False for a media that has just been
   * created.
   */
  get isLingering(): boolean {
    return this.participants.isLingering
  }

  /** Calls `listener` once: when the source starts, or now if the source has started already. */
  onStarted(listener: () => void): void {
    this.#life.onStarted(listener)
  }

  /** Calls `listener` once when the media has ended. */
  onEnded(listener: () => void): void {
    this.#life.onEnded(listener)
  }

  /**
   * Lets a live source push packets before anybody plays. Called by the creator of the media.
   *
   * @throws The error of the source; the media has then ended.
   */
  prepare(): void {
    if (this.playback || !this.#source.prepare) return
    try {
      catchLater(this.#source.prepare(this.#output), (error) => {
        tellFailure(`prepare of the source of ${this.path}`, error)
        void this.fail()
      })
    } catch (error) {
      void this.fail()
      throw error
    }
  }

  /**
   * Starts the source unless it runs already.
   *
   * @throws The rejection of the source's `start`; the media has then ended.
   */
  async play(): Promise<void> {
    this.#starting ??= this.#start()
    await this.#starting
  }

  /**
   * Returns for each track the next sequence number, and the RTP time of one common instant, for RTP-Info; see
   * {@link trackBeginnings}.
   */
  trackInfo(first?: ReadonlyMap<Track, readonly Buffer[]>): TrackBeginning[] {
    return trackBeginnings(this.tracks, first)
  }

  /**
   * Ends the media: notifies the participants and closes the source. Idempotent.
   *
   * @returns Resolves when the source is closed, or has been abandoned; see {@link closeSource}.
   */
  async end(): Promise<void> {
    if (!this.#life.hasEnded) this.#end()
    await this.#life.closing
  }

  /** Ends the media because its source has failed. Sessions end with reason `mediaFailed`. */
  async fail(): Promise<void> {
    this.#life.noteFailed()
    await this.end()
  }

  toJSON(): MediaSummary {
    return mediaSummaryOf(this)
  }

  [inspectCustom](depth: number, options: InspectOptions, inspect: Inspect): string {
    return inspectSummary('Media', this.toJSON(), depth, options, inspect)
  }

  #end(): void {
    this.#life.noteEnded()
    this.#reports.stop()
    const slateClosed = this.#gap.cancel()
    this.playback?.close()
    this.participants.end()
    for (const track of this.tracks) track.close()
    this.multicast?.close()
    const sourceClosed = closeSource(this.#source, this.path, this.#options.clock)
    this.#life.closing = Promise.all([sourceClosed, slateClosed]).then(() => undefined)
    this.#life.tellEnded()
  }

  /**
   * Creates the playback of a seekable source. A failure of the source outside a request ends the
   * media.
   */
  #playbackOf(source: SeekableSource): Playback {
    return new Playback(source, this.#options.clock, (method, error) => {
      tellFailure(`${method} of the source of ${this.path}`, error)
      void this.fail()
    })
  }

  #rangeEnded(): void {
    if (this.#life.hasEnded || !this.playback) return
    this.playback.rangeEnded()
    this.participants.rangeEnded()
  }

  /**
   * Aligns the caches of all tracks at a new key frame. The other tracks then keep their packets
   * from the instant of that key frame on.
   */
  #keyFrameBegins(leader: TrackInfo, unixMs: number): void {
    if (leader !== this.tracks.find((track) => track.hasKeyFrames)) return
    for (const track of this.tracks) if (!track.hasKeyFrames) track.beginRecentAt(unixMs)
  }

  async #start(): Promise<void> {
    if (this.#life.hasEnded) throw new Error(`the media of ${this.path} has ended`)
    this.#life.noteStarting()
    const { clock, startTimeoutMs = Number.POSITIVE_INFINITY } = this.#options
    try {
      const started = this.#source.start(this.#output)
      await withDeadline(started, 'starting a media source', { clock, ms: startTimeoutMs })
    } catch (error) {
      // Not awaited, so that the caller learns of the failure at once.
      void this.fail()
      throw error
    }
    // The source may have ended, or everybody may have left, while it was starting.
    if (this.#life.state !== 'starting') return
    this.#reports.start()
    this.#life.noteStarted(new Date(clock.unixTimeMs()))
  }

  #sendRtcp(): void {
    for (const track of this.tracks) track.sendSenderReport()
    this.participants.sendRtcp()
  }
}

const newOrigin = (): PresentationOrigin => ({ id: randomInt(2 ** 47), version: 1 })
