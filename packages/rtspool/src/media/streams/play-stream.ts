import type { Clock } from '../../clock.js'
import { parseCompound, type ReceptionReport } from '../../rtcp/index.js'
import type { Reader } from '../fan-out/reader.js'
import type { Media, MediaParticipant } from '../media.js'
import { MulticastViewer } from '../track/multicast-stream.js'
import type { Track } from '../track/track.js'
import { type StreamReception, streamReceptionOf } from './stream-reception.js'
import type { StreamSecurity } from './stream-security.js'

/** What viewers say they missed. Sessions hand in their own counters. */
export interface LossCounters {
  packetsLost: number
}

export interface PlayStreamInit {
  readonly clock: Clock
  readonly media: Media
  readonly track: Track
  readonly reader: Reader | MulticastViewer
  readonly counters: LossCounters
  /** Where it is SRTP. */
  readonly security?: StreamSecurity | undefined
  /** With which the track was set up; RTP-Info names it so (RFC 2326 section 12.33). */
  readonly uri: string
  /** Gives channels or ports back. Called once. */
  readonly release: () => void
  readonly onMediaEnded: () => void
  /** What was to be played has been sent: the session is ready to play again. */
  readonly onRangeEnded?: () => void
  /** The viewer has sent valid RTCP: it is alive. */
  readonly onRtcp: () => void
}

/** One track on its way to one viewer: set up, playing or paused, closed. */
export class PlayStream implements MediaParticipant {
  readonly track: Track
  readonly #init: PlayStreamInit
  #state: 'ready' | 'playing' | 'closed' = 'ready'
  #hasPlayed = false
  /** Sequence number of the first packet that was not sent any more. */
  #pausedAt: number | undefined
  #reception: StreamReception | undefined
  /** Of what it said about this source, what the counters of the session have already. */
  #lostReported = 0
  /** Datagrams or frames on the way of RTCP that were no valid compound packet. */
  malformedRtcp = 0

  constructor(init: PlayStreamInit) {
    this.#init = init
    this.track = init.track
    init.media.join(this)
  }

  get uri(): string {
    return this.#init.uri
  }

  /** What the viewer sees, once it is known. */
  get ssrc(): number | undefined {
    return this.track.ssrc
  }

  /** Whether it plays, or has played. */
  get hasPlayed(): boolean {
    return this.#hasPlayed
  }

  /** Where the stream is SRTP. */
  get security(): StreamSecurity | undefined {
    return this.#init.security
  }

  /** What the source of the track pushed and was no RTP. */
  get invalidPackets(): number {
    return this.track.invalidPackets
  }

  /** Packets of the track whose payload type its description does not list. */
  get unlistedPackets(): number {
    return this.track.unlistedPackets
  }

  get lowerTransport(): 'TCP' | 'UDP' {
    const { reader } = this.#init
    return reader instanceof MulticastViewer || reader.kind === 'datagram' ? 'UDP' : 'TCP'
  }

  /** What the viewer said in its last reception report on this track; `undefined` before the first. */
  get reception(): StreamReception | undefined {
    return this.#reception
  }

  /** Whether a reception report echoes a sender report that this viewer, and nobody else, was sent lately. */
  isEchoedBy({ ssrc, lsr }: ReceptionReport): boolean {
    const { sentReports } = this.#init.reader
    return ssrc === this.track.ssrc && sentReports?.sentAt(lsr) !== undefined
  }

  /** Whether the viewer may not know the rollover counter of what it is going to be sent. */
  get hasRolledOver(): boolean {
    const { reader } = this.#init
    if (this.#state !== 'ready' || reader instanceof MulticastViewer || !reader.srtp) return false
    return reader.srtp.sender.hasRolledOver(reader.srtp.position)
  }

  /** What the viewer would begin with now: the last key frame, or what it missed while it paused. */
  recentPackets(): readonly Buffer[] {
    if (this.#state !== 'ready') return []
    const { reader } = this.#init
    if (reader instanceof MulticastViewer) return reader.recentPackets(this.#pausedAt)
    // It has not taken what it was sent before, and would not be sent these either.
    if (reader.kind === 'interleaved' && reader.carrier.isCongested) return []
    return this.track.recentPackets(this.#pausedAt, reader.srtp?.sender)
  }

  /** @param first - From {@link recentPackets}, in the same turn of the event loop. */
  play(first: readonly Buffer[]): void {
    if (this.#state !== 'ready') return
    this.#state = 'playing'
    this.#hasPlayed = true
    const { reader } = this.#init
    if (reader instanceof MulticastViewer) reader.start(first)
    else this.track.addReader(reader, first)
  }

  pause(): void {
    if (this.#state !== 'playing') return
    this.#state = 'ready'
    this.#pausedAt = this.track.position?.sequenceNumber
    const { reader } = this.#init
    if (reader instanceof MulticastViewer) reader.stop()
    else this.track.removeReader(reader)
  }

  /** Says goodby to a viewer that plays, and gives everything back. Idempotent. */
  close(): void {
    if (this.#state === 'closed') return
    const { reader } = this.#init
    const wasPlaying = this.#state === 'playing'
    this.pause()
    this.#state = 'closed'
    if (reader instanceof MulticastViewer) reader.leave()
    else if (wasPlaying) this.track.sendBye(reader)
    this.#init.media.leave(this)
    this.#init.release()
  }

  /** Brings the viewer's counters up to date. */
  settleCounters(): void {
    const { reader } = this.#init
    // What a group is sent is counted at once.
    if (this.#state !== 'playing' || reader instanceof MulticastViewer) return
    this.track.settleCounters(reader)
  }

  /**
   * Takes RTCP from the viewer; what is no valid compound packet has no effect (RFC 3550 A.2). Its BYE ends
   * nothing: it says that a receiver leaves, and the session goes on until TEARDOWN or its timeout. A receiver
   * that uses our SSRC (RFC 3550 section 8.2) is taken as it is: the SSRC is the publisher's, not ours to change.
   */
  receiveRtcp(compound: Buffer): void {
    if (this.#state === 'closed') return
    const packets = parseCompound(compound)
    if (packets.length === 0) {
      // Hanwha: malformed RTCP; it is dropped and counted, and nothing is closed.
      this.malformedRtcp++
      return
    }
    for (const packet of packets) {
      if (packet.type !== 'receiverReport' && packet.type !== 'senderReport') continue
      for (const report of packet.reports) this.#noteReport(report)
    }
    this.#init.onRtcp()
  }

  /** Reports on sources that are not this track's say nothing about it. */
  #noteReport(report: ReceptionReport): void {
    if (report.ssrc !== this.track.ssrc) return
    const { clock, counters, reader } = this.#init
    if (this.#reception?.ssrc !== report.ssrc) this.#lostReported = 0
    counters.packetsLost += Math.max(0, report.cumulativeLost - this.#lostReported)
    this.#lostReported = Math.max(this.#lostReported, report.cumulativeLost)
    const sentAt = reader.sentReports?.sentAt(report.lsr)
    this.#reception = streamReceptionOf(report, this.track.clockRate, clock.now(), sentAt)
  }

  mediaEnded(): void {
    this.#init.onMediaEnded()
  }

  /** RFC 2326 section 10.5: as if it had paused; and it hears that nothing more comes (RFC 3550 section 6.6). */
  rangeEnded(): void {
    const { reader, onRangeEnded } = this.#init
    // A group is never sent what one viewer seeks in.
    if (this.#state !== 'playing' || reader instanceof MulticastViewer) return
    this.pause()
    this.track.sendBye(reader)
    onRangeEnded?.()
  }
}
