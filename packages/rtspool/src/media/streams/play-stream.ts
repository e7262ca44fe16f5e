import type { Clock } from '../../clock.js'
import { parseCompound, type ReceptionReport } from '../../rtcp/index.js'
import type { Media } from '../media.js'
import type { MediaParticipant } from '../participants.js'
import type { Delivery, Viewer } from '../track/delivery.js'
import type { Track } from '../track/track.js'
import { type StreamReception, streamReceptionOf } from './stream-reception.js'
import type { StreamSecurity } from './stream-security.js'

/** Counter of the packets that a viewer has reported as lost: `stats` of the viewer's session. */
export interface LossCounters {
  packetsLost: number
}

export interface PlayStreamInit {
  readonly clock: Clock
  readonly media: Media
  readonly track: Track
  readonly delivery: Delivery
  readonly counters: LossCounters
  /** SRTP keys of the stream; absent with RTP/AVP. */
  readonly security?: StreamSecurity | undefined
  /** URI with which the track was set up, and which RTP-Info contains (RFC 2326 section 12.33). */
  readonly uri: string
  readonly onMediaEnded: () => void
  /**
   * Called when a stored presentation has been sent to the end of the requested range. The session may then play again.
   */
  readonly onRangeEnded?: () => void
  /** Called when valid RTCP has arrived from the viewer, or from its address, so that its session is kept alive. */
  readonly onRtcp: () => void
}

/** Bytes that may wait in this process for a viewer who receives packets as fast as the transport accepts them. */
const backlogBytes = 256 * 1024

/** One track sent to one viewer, from SETUP to the end of the session: ready, playing, and at last closed. */
export class PlayStream implements MediaParticipant, Viewer {
  readonly track: Track
  readonly #init: PlayStreamInit
  #state: 'ready' | 'playing' | 'closed' = 'ready'
  #hasPlayed = false
  /** Sequence number of the first packet that was not sent because of PAUSE. */
  #pausedAt: number | undefined
  #reception: StreamReception | undefined
  /**
   * Number of packets of the present SSRC that the viewer reported as lost and that the session's counters already
   * contain.
   */
  #lostReported = 0
  /** Number of datagrams or frames received as RTCP that were not a valid compound packet. */
  malformedRtcp = 0

  constructor(init: PlayStreamInit) {
    this.#init = init
    this.track = init.track
    init.delivery.open(this)
    init.media.participants.join(this)
  }

  get mode(): 'play' {
    return 'play'
  }

  get uri(): string {
    return this.#init.uri
  }

  /** SSRC of the packets that are sent to the viewer; `undefined` until it is known. */
  get ssrc(): number | undefined {
    return this.track.ssrc
  }

  /** True once the stream has been playing, even if it is paused or closed now. */
  get hasPlayed(): boolean {
    return this.#hasPlayed
  }

  /** SRTP keys of the stream; `undefined` with RTP/AVP. */
  get security(): StreamSecurity | undefined {
    return this.#init.security
  }

  /** Number of packets that the source of the track has pushed and that were not RTP. */
  get invalidPackets(): number {
    return this.track.invalidPackets
  }

  /** Number of packets of the track whose payload type the description does not list. */
  get unlistedPackets(): number {
    return this.track.unlistedPackets
  }

  get lowerTransport(): 'TCP' | 'UDP' {
    return this.#init.delivery.lowerTransport
  }

  /** Number of bytes that wait in this process until the viewer reads them; 0 over UDP. */
  get queuedBytes(): number {
    return this.#init.delivery.queuedBytes
  }

  /** True while much of what was sent waits for the viewer; always false over UDP. */
  get isBacklogged(): boolean {
    const { isCongested, queuedBytes } = this.#init.delivery
    return this.#state === 'playing' && (isCongested === true || queuedBytes > backlogBytes)
  }

  /** The viewer's last reception report on this track; `undefined` before the first. */
  get reception(): StreamReception | undefined {
    return this.#reception
  }

  /**
   * Returns whether a reception report refers (LSR) to a recent sender report that went to this viewer only. Such a
   * reception report can only come from this viewer.
   */
  isEchoedBy({ ssrc, lsr }: ReceptionReport): boolean {
    const { sentReports } = this.#init.delivery
    return ssrc === this.track.ssrc && sentReports?.sentAt(lsr) !== undefined
  }

  /**
   * True if the SRTP rollover counter has changed while the viewer was sent nothing. The response to
   * PLAY must then contain the counter.
   */
  get hasRolledOver(): boolean {
    return this.#state === 'ready' && this.#init.delivery.hasRolledOver
  }

  /**
   * Returns the packets that the viewer would be sent first if it played now: those since the last
   * key frame, or those missed since PAUSE. Empty unless the stream is ready.
   */
  recentPackets(): readonly Buffer[] {
    if (this.#state !== 'ready') return []
    return this.#init.delivery.recentPackets(this.#pausedAt)
  }

  /**
   * Starts to send packets, if the stream is ready.
   *
   * @param first - Result of {@link recentPackets}, in the same turn of the event loop.
   */
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

  /** Sends BYE to a playing viewer, and releases its channels or ports. Idempotent. */
  close(): void {
    if (this.#state === 'closed') return
    const { delivery, media } = this.#init
    const wasPlaying = this.#state === 'playing'
    this.pause()
    this.#state = 'closed'
    if (wasPlaying) delivery.sendBye()
    media.participants.leave(this)
    delivery.close()
  }

  /** Updates the session's counters of sent packets and bytes, which some transports update only on request. */
  settleCounters(): void {
    if (this.#state === 'playing') this.#init.delivery.settleCounters()
  }

  /**
   * Handles RTCP from the viewer. An invalid compound packet has no effect (RFC 3550 A.2). A BYE has no effect
   * either: it says that a receiver leaves, but the session lasts until TEARDOWN or its timeout. An SSRC collision
   * (RFC 3550 section 8.2) is tolerated, because the server must not change the publisher's SSRC.
   *
   * @returns True if the compound packet was valid; always false after {@link close}.
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

  /**
   * Adds the losses in a reception report to the session's counters. Reports on other sources are ignored.
   */
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
   * Pauses the stream at the end of the range (RFC 2326 section 10.5). Sends BYE, because no more packets follow (RFC
   * 3550 section 6.6).
   */
  rangeEnded(): void {
    if (this.#state !== 'playing') return
    const { delivery, onRangeEnded } = this.#init
    this.pause()
    delivery.sendBye()
    onRangeEnded?.()
  }
}
