import { randomBytes, randomInt } from 'node:crypto'
import type { Clock, ClockTimer } from '../clock.js'
import { catchLater, tellFailure } from '../listeners.js'
import { rtcpIntervalMs } from '../rtcp/index.js'
import { sequenceNumberOf } from '../rtp/index.js'
import type { MulticastAddressPool } from '../transport/multicast/multicast-address-pool.js'
import { BackChannel, type BackChannelOptions } from './back-channel.js'
import { closeSource } from './close-source.js'
import { withDeadline } from './deadline.js'
import { describePresentation, type PresentationPlaces } from './describe-presentation.js'
import {
  isSeekable,
  type MediaOutput,
  type MediaSource,
  type SeekableSource,
} from './media-source.js'
import { Playback } from './playback.js'
import { CommonJump } from './timeline/common-jump.js'
import { SourceClock } from './timeline/source-clock.js'
import type { TimelinePolicy } from './timeline/timeline.js'
import type { CacheShare } from './track/cache-budget.js'
import type { GopCacheLimits } from './track/gop-cache.js'
import { MulticastStreams } from './track/multicast-stream.js'
import { Track } from './track/track.js'

/** Who plays or records a media, and must hear when it ends. */
export interface MediaParticipant {
  /** The media has ended: leave it. */
  mediaEnded(): void
  /** The range that was played has come to its end: there is nothing more before the next PLAY. */
  rangeEnded?(): void
  /** Time for RTCP of its own, about every 5 s. */
  sendRtcp?(): void
}

export interface MediaOptions {
  readonly clock: Clock
  /** How long the source runs on after the last viewer has left, in milliseconds; Infinity = for ever. */
  readonly lingerMs: number
  /** How long the source may take to start, in milliseconds. @default no limit */
  readonly startTimeoutMs?: number
  /** How much is kept for an instant start of new viewers; `undefined` = nothing. */
  readonly gopCache?: GopCacheLimits | undefined
  /** Where what is kept counts. @default nowhere */
  readonly cacheShare?: CacheShare | undefined
  /** @default 'passThrough' */
  readonly timeline?: TimelinePolicy | undefined
  /** Where it may go by multicast; `undefined` = nowhere. */
  readonly multicast?: MulticastAddressPool | undefined
  readonly backChannel?: BackChannelOptions | undefined
}

/**
 * `idle` is described and not started; `playing` has a running source; `ended` delivers no more, for good.
 */
export type MediaState = 'idle' | 'starting' | 'playing' | 'ended'

/** What a {@link Track}'s position and clock say for `RTP-Info` (RFC 2326 section 12.33). */
export interface TrackInfo {
  readonly track: Track
  readonly sequenceNumber: number
  readonly rtpTime: number
}

/**
 * A presentation that flows from one source to all its viewers. It starts with the first one that plays and
 * ends some time after the last has left (GstRTSPMedia).
 */
export class Media {
  readonly path: string
  readonly tracks: readonly Track[]
  /** The session description for DESCRIBE, built once. */
  readonly sdp: Buffer
  /** Where its viewer is in a stored presentation; `undefined` for what is live. */
  readonly playback: Playback | undefined
  /** Groups that it goes to; `undefined` where multicast is not offered. */
  readonly multicast: MulticastStreams | undefined
  /** What viewers may send; `undefined` where they may not. */
  readonly backChannel: BackChannel | undefined
  readonly #origin = randomInt(2 ** 47)
  readonly #source: MediaSource
  readonly #output: MediaOutput
  readonly #options: MediaOptions
  readonly #participants = new Set<MediaParticipant>()
  #wasJoined = false
  #state: MediaState = 'idle'
  #hasFailed = false
  #starting: Promise<void> | undefined
  readonly #endListeners: (() => void)[] = []
  #closing: Promise<void> | undefined
  #rtcpTimer: ClockTimer | undefined
  #lingerTimer: ClockTimer | undefined

  constructor(path: string, source: MediaSource, options: MediaOptions) {
    this.path = path
    this.#source = source
    this.#options = options
    const { clock } = options
    this.playback = isSeekable(source) ? this.#playbackOf(source) : undefined
    this.sdp = this.describe()
    this.backChannel = options.backChannel && new BackChannel(options.backChannel)
    // What one viewer seeks in is nobody else's.
    const multicast = this.playback ? undefined : options.multicast
    this.multicast = multicast && new MulticastStreams(multicast)
    const cname = randomBytes(12).toString('base64url')
    // Whoever seeks is sent what was sought, and nothing that came before.
    const gopCache = this.playback ? undefined : options.gopCache
    const shared = {
      path,
      clock,
      cname,
      gopCache,
      // A source that is sought in says where it goes on.
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

  /** Why those leave who use it when it ends. */
  get endReason(): 'mediaEnded' | 'mediaFailed' {
    return this.#hasFailed ? 'mediaFailed' : 'mediaEnded'
  }

  /** The session description with the multicast groups of its tracks, or with the back channel. */
  describe(places?: PresentationPlaces, backChannel?: BackChannel): Buffer {
    const { description } = this.#source
    return describePresentation(
      description,
      this.#origin,
      places,
      backChannel?.description,
      this.playback?.durationSeconds,
    )
  }

  /** What is pushed from now on comes from another source; see {@link Track.expectNewSource}. */
  expectNewSource(): void {
    for (const track of this.tracks) track.expectNewSource()
  }

  /** Streams that are set up on this media, playing or not. */
  get participantCount(): number {
    return this.#participants.size
  }

  /** Whether it runs on, or waits, without anybody who uses it; what has just been made does not yet. */
  get isLingering(): boolean {
    return this.#wasJoined && this.#participants.size === 0
  }

  /** Calls `listener` once, when the media has ended. */
  onEnded(listener: () => void): void {
    this.#endListeners.push(listener)
  }

  /** Keeps the media while somebody uses it; undone by {@link leave}. */
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
   * Lets a live source push packets before anybody plays; for who has made the media.
   *
   * @throws What the source throws; the media has then ended.
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
   * @throws What the source's `start` rejects with; the media has then ended.
   */
  async play(): Promise<void> {
    this.#starting ??= this.#start()
    await this.#starting
  }

  /**
   * Where each track begins for a viewer: the next sequence number, and the RTP time of one common instant.
   * Tracks of which nothing is known yet are left out.
   *
   * @param first - By track: what the viewer begins with instead of the next packet.
   */
  trackInfo(first: ReadonlyMap<Track, readonly Buffer[]> = new Map()): TrackInfo[] {
    // A report may tell the time of a track before its first packet: that is nowhere yet.
    const instants = this.tracks
      .filter((track) => track.position !== undefined)
      .map((track) => track.unixTimeMsAt(track.beginningOf(first.get(track) ?? [])))
      .filter((time) => time !== undefined)
    const instant = instants.length > 0 ? Math.min(...instants) : undefined
    const info: TrackInfo[] = []
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
   * Ends the media: participants are told, the source is closed. Idempotent.
   *
   * @returns When the source is closed, or has been given up; see {@link closeSource}.
   */
  async end(): Promise<void> {
    if (this.#state !== 'ended') this.#end()
    await this.#closing
  }

  /** Does the same because its source does not do what it must: participants leave for that reason. */
  async fail(): Promise<void> {
    if (this.#state !== 'ended') this.#hasFailed = true
    await this.end()
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

  /** What the source does wrong in a turn of its own ends the media: no request waits for that. */
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

  /** The first track with key frames leads: the others are kept from the instant of its key frame on. */
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
      // Not waited for: whoever asked for it hears at once that it has failed.
      void this.fail()
      throw error
    }
    // The source may have ended, or everybody left, while it was starting.
    if (this.#state === 'starting') {
      this.#state = 'playing'
      this.#scheduleRtcp(clock.now(), true)
    }
  }

  /** @param sentAt - When the last reports were sent, or the source started. */
  #scheduleRtcp(sentAt: number, initial: boolean): void {
    const { clock } = this.#options
    const drawTime = (): number => sentAt + rtcpIntervalMs({ initial, randomNumber: Math.random() })
    const schedule = (at: number): void => {
      this.#rtcpTimer = clock.schedule(expire, at - clock.now(), false)
    }
    // RFC 3550 section 6.3.3: drawn again; this is what brings the mean up to 5 s.
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
