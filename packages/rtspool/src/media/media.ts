import { randomBytes, randomInt } from 'node:crypto'
import type { InspectOptions } from 'node:util'
import type { Clock, ClockTimer } from '../clock.js'
import { type Inspect, inspectCustom, inspectSummary } from '../inspection.js'
import { catchLater, tellFailure } from '../listeners.js'
import type { MediaInfo, MediaState, MediaSummary } from '../public/media.js'
import { createPublicId } from '../public-id.js'
import { rtcpIntervalMs } from '../rtcp/index.js'
import { sequenceNumberOf } from '../rtp/index.js'
import type { MulticastAddressPool } from '../transport/multicast/multicast-address-pool.js'
import { BackChannel, type BackChannelOptions } from './back-channel.js'
import { closeSource } from './close-source.js'
import { withDeadline } from './deadline.js'
import type { PresentationView } from './describe-presentation.js'
import { Descriptions } from './descriptions.js'
import {
  isSeekable,
  type MediaOutput,
  type MediaSource,
  type SeekableSource,
} from './media-source.js'
import { mediaSummaryOf } from './media-summary.js'
import { Playback } from './playback.js'
import { CommonJump } from './timeline/common-jump.js'
import { SourceClock } from './timeline/source-clock.js'
import type { TimelinePolicy } from './timeline/timeline.js'
import type { CacheShare } from './track/cache-budget.js'
import type { GopCacheLimits } from './track/gop-cache.js'
import { MulticastStreams } from './track/multicast-stream.js'
import { Track } from './track/track.js'

/** A stream that uses a media and is notified when the media ends. */
export interface MediaParticipant {
  /** Called when the media has ended: the stream must leave it. */
  mediaEnded(): void
  /** Called at the end of the played range: nothing more is sent before the next PLAY. */
  rangeEnded?(): void
  /** Called about every 5 s to send the stream's own RTCP. */
  sendRtcp?(): void
}

export interface MediaOptions {
  readonly clock: Clock
  /** Milliseconds that the source runs on after the last viewer has left; Infinity = for ever. */
  readonly lingerMs: number
  /** Milliseconds for the source to start. @default no limit */
  readonly startTimeoutMs?: number
  /**
   * Limits on the packets kept for an instant start of new viewers; `undefined` = nothing is kept.
   */
  readonly gopCache?: GopCacheLimits | undefined
  /** Budget that the kept packets count against. @default none */
  readonly cacheShare?: CacheShare | undefined
  /** @default 'passThrough' */
  readonly timeline?: TimelinePolicy | undefined
  /** Addresses for multicast; `undefined` = no multicast. */
  readonly multicast?: MulticastAddressPool | undefined
  readonly backChannel?: BackChannelOptions | undefined
}

/** Position and clock of a {@link Track} for `RTP-Info` (RFC 2326 section 12.33). */
export interface TrackBeginning {
  readonly track: Track
  readonly sequenceNumber: number
  readonly rtpTime: number
}

/**
 * A presentation that flows from one source to all its viewers. It starts with the first viewer
 * that plays, and ends some time after the last has left (GstRTSPMedia).
 */
export class Media implements MediaInfo {
  readonly publicId = createPublicId()
  readonly path: string
  readonly tracks: readonly Track[]
  /** Position of the viewer in a stored presentation; `undefined` for a live one. */
  readonly playback: Playback | undefined
  /** Multicast streams of the tracks; `undefined` without multicast. */
  readonly multicast: MulticastStreams | undefined
  /** Channel for audio from viewers; `undefined` without one. */
  readonly backChannel: BackChannel | undefined
  readonly createdTime: Date
  startedTime: Date | undefined
  readonly #descriptions: Descriptions
  #isDescribed = false
  readonly #source: MediaSource
  readonly #output: MediaOutput
  readonly #options: MediaOptions
  readonly #participants = new Set<MediaParticipant>()
  #wasJoined = false
  #state: MediaState = 'idle'
  #hasFailed = false
  #starting: Promise<void> | undefined
  readonly #startListeners: (() => void)[] = []
  readonly #endListeners: (() => void)[] = []
  #closing: Promise<void> | undefined
  #rtcpTimer: ClockTimer | undefined
  #lingerTimer: ClockTimer | undefined

  constructor(path: string, source: MediaSource, options: MediaOptions) {
    this.path = path
    this.#source = source
    this.#options = options
    const { clock } = options
    this.createdTime = new Date(clock.unixTimeMs())
    this.playback = isSeekable(source) ? this.#playbackOf(source) : undefined
    this.#descriptions = new Descriptions(
      source.description,
      randomInt(2 ** 47),
      this.playback?.durationSeconds,
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
      sourceClock: new SourceClock(),
      remoteAddress: source.remoteAddress,
      awaitsReport: source.sendsReports ?? false,
      cacheShare: options.cacheShare,
      onKeyFrame: (track: Track, unixMs: number): void => this.#keyFrameBegins(track, unixMs),
    }
    this.tracks = source.description.media.map(
      (description, index) => new Track({ ...shared, index, description }),
    )
    this.#output = {
      tracks: this.tracks,
      clock,
      end: () => void this.end(),
      rangeEnded: () => this.#rangeEnded(),
    }
    this.#linger()
  }

  get state(): MediaState {
    return this.#state
  }

  get durationSeconds(): number | undefined {
    return this.playback?.durationSeconds
  }

  /** Reason for ending the sessions that use the media. */
  get endReason(): 'mediaEnded' | 'mediaFailed' {
    return this.#hasFailed ? 'mediaFailed' : 'mediaEnded'
  }

  /** The session description without multicast groups, back channel and keys. */
  get sdp(): Buffer {
    return this.#descriptions.for({})
  }

  /** True once a client knows the description, and is going to set up the media. */
  get isDescribed(): boolean {
    return this.#isDescribed
  }

  /** The session description for a client. @returns A buffer that other clients are sent as well. */
  describe(view: PresentationView): Buffer {
    this.#isDescribed = true
    return this.#descriptions.for(view)
  }

  /**
   * Announces that packets pushed from now on come from another source; see
   * {@link Track.expectNewSource}.
   */
  expectNewSource(): void {
    for (const track of this.tracks) track.expectNewSource()
  }

  /** Streams that are set up on this media, playing or not. */
  get participantCount(): number {
    return this.#participants.size
  }

  /**
   * True if it runs or waits without any stream that uses it. A media that has just been created
   * does not count.
   */
  get isLingering(): boolean {
    return this.#wasJoined && this.#participants.size === 0
  }

  /** Calls `listener` once, when the source has started: at once where it has already. */
  onStarted(listener: () => void): void {
    if (this.startedTime) listener()
    else this.#startListeners.push(listener)
  }

  /** Calls `listener` once when the media has ended. */
  onEnded(listener: () => void): void {
    this.#endListeners.push(listener)
  }

  /** Keeps the media alive while a stream uses it; undone by {@link leave}. */
  join(participant: MediaParticipant): void {
    this.#participants.add(participant)
    this.#wasJoined = true
    this.#lingerTimer?.cancel()
    this.#lingerTimer = undefined
  }

  leave(participant: MediaParticipant): void {
    if (this.#participants.delete(participant) && this.#participants.size === 0) this.#linger()
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
   * Returns the start of each track for a viewer: the next sequence number, and the RTP time of one
   * common instant. Tracks without a known position are omitted.
   *
   * @param first - By track: packets that the viewer begins with instead of the next packet.
   */
  trackInfo(first: ReadonlyMap<Track, readonly Buffer[]> = new Map()): TrackBeginning[] {
    // A report may give the time of a track before its first packet, but such a track has no
    // position yet.
    const instants = this.tracks
      .filter((track) => track.position !== undefined)
      .map((track) => track.unixTimeMsAt(track.beginningOf(first.get(track) ?? [])))
      .filter((time) => time !== undefined)
    const instant = instants.length > 0 ? Math.min(...instants) : undefined
    const info: TrackBeginning[] = []
    for (const track of this.tracks) {
      const position = track.position
      if (!position) continue
      const packet = first.get(track)?.[0]
      info.push({
        track,
        sequenceNumber: packet ? sequenceNumberOf(packet) : position.sequenceNumber,
        rtpTime:
          (instant === undefined ? undefined : track.announceRtpTimeAt(instant)) ??
          position.timestamp,
      })
    }
    return info
  }

  /**
   * Ends the media: notifies the participants and closes the source. Idempotent.
   *
   * @returns Resolves when the source is closed, or has been abandoned; see {@link closeSource}.
   */
  async end(): Promise<void> {
    if (this.#state !== 'ended') this.#end()
    await this.#closing
  }

  /** Ends the media because its source has failed. Sessions end with reason `mediaFailed`. */
  async fail(): Promise<void> {
    if (this.#state !== 'ended') this.#hasFailed = true
    await this.end()
  }

  toJSON(): MediaSummary {
    return mediaSummaryOf(this)
  }

  [inspectCustom](depth: number, options: InspectOptions, inspect: Inspect): string {
    return inspectSummary('Media', this.toJSON(), depth, options, inspect)
  }

  #end(): void {
    this.#state = 'ended'
    this.#rtcpTimer?.cancel()
    this.#lingerTimer?.cancel()
    this.playback?.close()
    for (const participant of [...this.#participants]) participant.mediaEnded()
    this.#participants.clear()
    for (const track of this.tracks) track.close()
    this.multicast?.close()
    this.#closing = closeSource(this.#source, this.path, this.#options.clock)
    for (const listener of this.#endListeners) listener()
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
    if (this.#state === 'ended' || !this.playback) return
    this.playback.rangeEnded()
    for (const participant of [...this.#participants]) participant.rangeEnded?.()
  }

  /**
   * Aligns the caches: the first track with key frames leads, and the others are kept from the
   * instant of its key frame on.
   */
  #keyFrameBegins(leader: Track, unixMs: number): void {
    if (leader !== this.tracks.find((track) => track.hasKeyFrames)) return
    for (const track of this.tracks) if (!track.hasKeyFrames) track.beginRecentAt(unixMs)
  }

  async #start(): Promise<void> {
    if (this.#state === 'ended') throw new Error(`the media of ${this.path} has ended`)
    this.#state = 'starting'
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
    if (this.#state === 'starting') {
      this.#state = 'playing'
      this.startedTime = new Date(clock.unixTimeMs())
      this.#scheduleRtcp(clock.now(), true)
      for (const listener of this.#startListeners) listener()
    }
  }

  /** @param sentAt - Time of the last reports, or of the source's start. */
  #scheduleRtcp(sentAt: number, initial: boolean): void {
    const { clock } = this.#options
    const drawTime = (): number => sentAt + rtcpIntervalMs({ initial, randomNumber: Math.random() })
    const schedule = (at: number): void => {
      this.#rtcpTimer = clock.schedule(expire, at - clock.now(), false)
    }
    // RFC 3550 section 6.3.3: the interval is drawn again, which brings the mean up to 5 s.
    const expire = (): void => {
      const at = drawTime()
      if (at > clock.now()) schedule(at)
      else this.#sendRtcp()
    }
    schedule(drawTime())
  }

  #sendRtcp(): void {
    for (const track of this.tracks) track.sendSenderReport()
    for (const participant of this.#participants) participant.sendRtcp?.()
    if (this.#state === 'playing') this.#scheduleRtcp(this.#options.clock.now(), false)
  }

  #linger(): void {
    if (this.#state === 'ended' || this.#options.lingerMs === Number.POSITIVE_INFINITY) return
    this.#lingerTimer?.cancel()
    this.#lingerTimer = this.#options.clock.schedule(
      () => void this.end(),
      this.#options.lingerMs,
      false,
    )
  }
}
