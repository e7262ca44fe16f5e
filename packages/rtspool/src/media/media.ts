import { randomBytes, randomInt } from 'node:crypto'
import type { Clock, ClockTimer } from '../clock.js'
import { rtcpIntervalMs } from '../rtcp/index.js'
import type { MediaOutput, MediaSource } from './media-source.js'
import { describePresentation } from './presentation.js'
import { Track } from './track.js'

/** Who plays or records a media, and must hear when it ends. */
export interface MediaParticipant {
  /** The media has ended: leave it. */
  mediaEnded(): void
  /** Time for RTCP of its own, about every 5 s. */
  sendRtcp?(): void
}

export interface MediaOptions {
  readonly clock: Clock
  /** How long the source runs on after the last viewer has left, in milliseconds; Infinity = for ever. */
  readonly lingerMs: number
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
  readonly #source: MediaSource
  readonly #options: MediaOptions
  readonly #participants = new Set<MediaParticipant>()
  #state: MediaState = 'idle'
  #starting: Promise<void> | undefined
  #onEnded: (() => void) | undefined
  #rtcpTimer: ClockTimer | undefined
  #lingerTimer: ClockTimer | undefined

  constructor(path: string, source: MediaSource, options: MediaOptions) {
    this.path = path
    this.#source = source
    this.#options = options
    this.sdp = describePresentation(source.description, randomInt(2 ** 47))
    const cname = randomBytes(12).toString('base64url')
    this.tracks = source.description.media.map(
      (description, index) => new Track({ index, description, clock: options.clock, cname }),
    )
    this.#linger()
  }

  get state(): MediaState {
    return this.#state
  }

  /** Streams that are set up on this media, playing or not. */
  get participantCount(): number {
    return this.#participants.size
  }

  /** Calls `listener` once, when the media has ended; replaces an earlier one. */
  onEnded(listener: () => void): void {
    this.#onEnded = listener
  }

  /** Keeps the media while somebody uses it; undone by {@link leave}. */
  join(participant: MediaParticipant): void {
    this.#participants.add(participant)
    this.#lingerTimer?.cancel()
    this.#lingerTimer = undefined
  }

  leave(participant: MediaParticipant): void {
    if (this.#participants.delete(participant) && this.#participants.size === 0) this.#linger()
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
   * Where each track is at one common instant: the next sequence number, and the RTP time of that instant.
   * Tracks of which nothing is known yet are left out.
   */
  trackInfo(): TrackInfo[] {
    const instants = this.tracks
      .map((track) => track.unixTimeMs)
      .filter((time) => time !== undefined)
    const instant = instants.length > 0 ? Math.min(...instants) : undefined
    const info: TrackInfo[] = []
    for (const track of this.tracks) {
      const position = track.position
      if (!position) continue
      const rtpTime = instant === undefined ? undefined : track.rtpTimeAt(instant)
      info.push({
        track,
        sequenceNumber: position.sequenceNumber,
        rtpTime: rtpTime ?? position.timestamp,
      })
    }
    return info
  }

  /** Ends the media: participants are told, the source is closed. Idempotent. */
  async end(): Promise<void> {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    this.#rtcpTimer?.cancel()
    this.#lingerTimer?.cancel()
    for (const participant of [...this.#participants]) participant.mediaEnded()
    this.#participants.clear()
    this.#onEnded?.()
    await this.#source.close()
  }

  async #start(): Promise<void> {
    this.#state = 'starting'
    const output: MediaOutput = {
      tracks: this.tracks,
      clock: this.#options.clock,
      end: () => void this.end(),
    }
    try {
      await this.#source.start(output)
    } catch (error) {
      await this.end()
      throw error
    }
    // The source may have ended, or everybody left, while it was starting.
    if (this.#state === 'starting') {
      this.#state = 'playing'
      this.#scheduleRtcp(true)
    }
  }

  #scheduleRtcp(initial: boolean): void {
    const delayMs = rtcpIntervalMs({ initial, randomNumber: Math.random() })
    this.#rtcpTimer = this.#options.clock.schedule(
      () => {
        for (const track of this.tracks) track.sendSenderReport()
        for (const participant of this.#participants) participant.sendRtcp?.()
        this.#scheduleRtcp(false)
      },
      delayMs,
      false,
    )
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
