import type { Clock } from '../../clock.js'
import { parseCompound, type ReceptionReport } from '../../rtcp/index.js'
import type { Media, MediaParticipant } from '../media.js'
import type { Delivery, Viewer } from '../track/delivery.js'
import type { Track } from '../track/track.js'
import { type StreamReception, streamReceptionOf } from './stream-reception.js'
import type { StreamSecurity } from './stream-security.js'

/** Packets lost according to viewers. Sessions pass their own counters. */
export interface LossCounters {
  packetsLost: number
}

export interface PlayStreamInit {
  readonly clock: Clock
  readonly media: Media
  readonly track: Track
  readonly delivery: Delivery
  readonly counters: LossCounters
  /** Keys of the stream, if it is SRTP. */
  readonly security?: StreamSecurity | undefined
  /** URI with which the track was set up, as RTP-Info names it (RFC 2326 section 12.33). */
  readonly uri: string
  readonly onMediaEnded: () => void
  /** Called at the end of the played range: the session is ready to play again. */
  readonly onRangeEnded?: () => void
  /** Called when the viewer has sent valid RTCP, as a sign of life. */
  readonly onRtcp: () => void
}

/** One track sent to one viewer: set up, playing or paused, closed. */
export class PlayStream implements MediaParticipant, Viewer {
  readonly track: Track
  readonly #init: PlayStreamInit
  #state: 'ready' | 'playing' | 'closed' = 'ready'
  #hasPlayed = false
  /** Sequence number of the first packet that was not sent because of PAUSE. */
  #pausedAt: number | undefined
  #reception: StreamReception | undefined
  /** Losses reported for this source that the session's counters already contain. */
  #lostReported = 0
  /** Datagrams or frames received as RTCP that were not a valid compound packet. */
  malformedRtcp = 0

  constructor(init: PlayStreamInit) {
    this.#init = init
    this.track = init.track
    init.delivery.open(this)
    init.media.join(this)
  }

  get uri(): string {
    return this.#init.uri
  }

  /** SSRC that the viewer sees, if known. */
  get ssrc(): number | undefined {
    return this.track.ssrc
  }

  /** True once it has begun to play. */
  get hasPlayed(): boolean {
    return this.#hasPlayed
  }

  /** Keys of the stream, if it is SRTP. */
  get security(): StreamSecurity | undefined {
    return this.#init.security
  }

  /** Packets that the source of the track pushed and that were not RTP. */
  get invalidPackets(): number {
    return this.track.invalidPackets
  }

  /** Packets of the track whose payload type its description does not list. */
  get unlistedPackets(): number {
    return this.track.unlistedPackets
  }

  get lowerTransport(): 'TCP' | 'UDP' {
    return this.#init.delivery.lowerTransport
  }

  /** The viewer's last reception report on this track; `undefined` before the first. */
  get reception(): StreamReception | undefined {
    return this.#reception
  }

  /** True if a reception report echoes a sender report that only this viewer was sent lately. */
  isEchoedBy({ ssrc, lsr }: ReceptionReport): boolean {
    const { sentReports } = this.#init.delivery
    return ssrc === this.track.ssrc && sentReports?.sentAt(lsr) !== undefined
  }

  /** True if the viewer may not know the rollover counter of the next packets. */
  get hasRolledOver(): boolean {
    return this.#state === 'ready' && this.#init.delivery.hasRolledOver
  }

  /**
   * Returns the packets that the viewer would begin with now: those since the last key frame, or
   * those missed while it paused.
   */
  recentPackets(): readonly Buffer[] {
    if (this.#state !== 'ready') return []
    return this.#init.delivery.recentPackets(this.#pausedAt)
  }

  /** @param first - From {@link recentPackets}, in the same turn of the event loop. */
  play(first: readonly Buffer[]): void {
    if (this.#state !== 'ready') return
    this.#state = 'playing'
    this.#hasPlayed = true
    this.#init.delivery.start(first)
  }

  pause(): void {
    if (this.#state !== 'playing') return
    this.#state = 'ready'
    this.#pausedAt = this.track.position?.sequenceNumber
    this.#init.delivery.stop()
  }

  /** Sends BYE to a playing viewer, and releases everything. Idempotent. */
  close(): void {
    if (this.#state === 'closed') return
    const { delivery, media } = this.#init
    const wasPlaying = this.#state === 'playing'
    this.pause()
    this.#state = 'closed'
    if (wasPlaying) delivery.sendBye()
    media.leave(this)
    delivery.close()
  }

  /** Updates the viewer's counters. */
  settleCounters(): void {
    if (this.#state === 'playing') this.#init.delivery.settleCounters()
  }

  /**
   * Handles RTCP from the viewer. An invalid compound packet has no effect (RFC 3550 A.2). A BYE
   * ends nothing: it says that a receiver leaves, but the session lasts until TEARDOWN or its
   * timeout. An SSRC collision (RFC 3550 section 8.2) is tolerated: the server must not change the
   * publisher's SSRC.
   */
  receiveRtcp(compound: Buffer): boolean {
    if (this.#state === 'closed') return false
    const packets = parseCompound(compound)
    if (packets.length === 0) {
      // Hanwha sends malformed RTCP: it is dropped and counted, and nothing is closed.
      this.malformedRtcp++
      return false
    }
    for (const packet of packets) {
      if (packet.type !== 'receiverReport' && packet.type !== 'senderReport') continue
      for (const report of packet.reports) this.#noteReport(report)
    }
    this.#init.onRtcp()
    return true
  }

  noteSignOfLife(): void {
    this.#init.onRtcp()
  }

  /** Ignores reports on sources other than this track's. */
  #noteReport(report: ReceptionReport): void {
    if (report.ssrc !== this.track.ssrc) return
    const { clock, counters, delivery } = this.#init
    if (this.#reception?.ssrc !== report.ssrc) this.#lostReported = 0
    counters.packetsLost += Math.max(0, report.cumulativeLost - this.#lostReported)
    this.#lostReported = Math.max(this.#lostReported, report.cumulativeLost)
    const sentAt = delivery.sentReports?.sentAt(report.lsr)
    this.#reception = streamReceptionOf(report, this.track.clockRate, clock.now(), sentAt)
  }

  mediaEnded(): void {
    this.#init.onMediaEnded()
  }

  /**
   * Ends the range like a pause (RFC 2326 section 10.5), and sends BYE, because no more packets
   * follow (RFC 3550 section 6.6).
   */
  rangeEnded(): void {
    if (this.#state !== 'playing') return
    const { delivery, onRangeEnded } = this.#init
    this.pause()
    delivery.sendBye()
    onRangeEnded?.()
  }
}
