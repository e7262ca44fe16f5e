import { randomInt } from 'node:crypto'
import type { Clock, ClockTimer } from '../../clock.js'
import {
  ntpMiddle32,
  parseCompound,
  type RtcpPacket,
  receiverReport,
  serializeCompound,
} from '../../rtcp/index.js'
import {
  isValidRtp,
  type ReceptionReportValues,
  ReceptionStatistics,
  ssrcOf,
} from '../../rtp/index.js'
import { presentRead } from '../../transport/tcp/end-of-read.js'
import type { BackChannelSink } from '../back-channel.js'
import type { PacketSink } from '../packet-sink.js'
import type { MediaParticipant } from '../participants.js'
import { Track } from '../track/track.js'
import { silentAfterSeconds } from './silent-track.js'
import type { StreamLink } from './stream-link.js'
import {
  type ReceptionCounters,
  type StreamReception,
  streamReceptionOf,
} from './stream-reception.js'
import type { StreamSecurity } from './stream-security.js'

/**
 * Minimum milliseconds between two signs of life of a session for its RTP packets. The packets of a frame arrive
 * together, and a timeout has whole seconds.
 */
const signOfLifeMs = 1

/** The members of a {@link StreamLink} that a receiving stream uses. */
export type RecordLink = Omit<StreamLink, 'answer' | 'place'>

export interface RecordStreamInit {
  readonly clock: Clock
  /** Channels or ports on which the packets arrive. */
  readonly link: RecordLink
  readonly counters: ReceptionCounters
  /** Receiver of the application for packets of a back channel; absent for a publisher. */
  readonly place?: BackChannelSink | undefined
  /**
   * Called when RTP or RTCP has arrived from the client, so that its session is kept alive: for RTP at most once a
   * millisecond.
   */
  readonly onPacket: () => void
  /** Called when the media has ended while this stream is still open. */
  readonly onMediaEnded: () => void
  /** Called at most once: no RTP has arrived within {@link silentAfterSeconds} after RECORD. */
  readonly onSilent?: () => void
  /** Called when another publisher takes over the path. The session of this stream must then end. */
  readonly onReplaced?: () => void
  readonly onClosed: (stream: RecordStream) => void
}

/** One track received from a publisher or over a back channel: ready, recording, and at last closed. */
export class RecordStream implements MediaParticipant {
  readonly #init: RecordStreamInit
  /** SSRC of the last packet received from the publisher; `undefined` before the first. */
  #sourceSsrc: number | undefined
  /** SSRC of this server in its receiver reports. */
  readonly #ssrc = randomInt(2 ** 32)
  #state: 'ready' | 'recording' | 'closed' = 'ready'
  #sink: PacketSink | undefined
  #place: BackChannelSink | undefined
  #statistics: ReceptionStatistics | undefined
  #reception: StreamReception | undefined
  /** Timer from RECORD until the publisher is reported as silent. */
  #silence: ClockTimer | undefined
  /** True once the first packet has arrived since RECORD, or its absence has been reported. */
  #isSettled = false
  /** Number of lost packets in `#statistics` that the session's counters already contain. */
  #lostReported = 0
  /** Number of datagrams or frames received as RTCP that were not a valid compound packet. */
  malformedRtcp = 0
  /**
   * Time at which the last RTP or RTCP packet of the client arrived, in milliseconds of the monotonic clock;
   * `-Infinity` before the first.
   */
  heardAt = Number.NEGATIVE_INFINITY
  /**
   * Time of the last call of `onPacket` because of RTP, in milliseconds of the monotonic clock; `-Infinity` before the
   * first.
   */
  #aliveAt = Number.NEGATIVE_INFINITY

  /** Read of the connection that brought the last RTP packet; see {@link presentRead}. */
  #read = 0

  constructor(init: RecordStreamInit) {
    this.#init = init
    this.#place = init.place
    init.link.open({
      rtp: (packet) => this.receiveRtp(packet),
      rtcp: (compound) => this.receiveRtcp(compound),
    })
  }

  get mode(): 'record' {
    return 'record'
  }

  /** SRTP keys of the stream; `undefined` with RTP/AVP. */
  get security(): StreamSecurity | undefined {
    return this.#init.link.security
  }

  /** Number of packets received since RECORD that were not RTP, or not of this stream. */
  get invalidPackets(): number {
    return this.#sink?.invalidPackets ?? 0
  }

  /** Number of packets since RECORD whose payload type the announced description does not list. */
  get unlistedPackets(): number {
    return this.track?.unlistedPackets ?? 0
  }

  get lowerTransport(): 'TCP' | 'UDP' {
    return this.#init.link.lowerTransport
  }

  /** SSRC of the publisher; `undefined` until it is known. Viewers may see another one. */
  get ssrc(): number | undefined {
    return this.#sourceSsrc
  }

  /** Track that sends the packets to viewers; `undefined` before RECORD, and for a back channel. */
  get track(): Track | undefined {
    return this.#sink instanceof Track ? this.#sink : undefined
  }

  /** Reception of the stream, as last reported to the publisher; `undefined` before the first report. */
  get reception(): StreamReception | undefined {
    return this.#reception
  }

  /** Passes received packets to `sink` from now on: a track, or the application. */
  record(sink: PacketSink): void {
    if (this.#state === 'closed') return
    this.#state = 'recording'
    this.#aliveAt = Number.NEGATIVE_INFINITY
    this.#watchSilence()
    if (this.#sink === sink) return
    this.#sink = sink
    this.#statistics = undefined
  }

  /** Passes received packets of a back channel to the receiver of the application from now on. */
  speak(): void {
    if (this.#place) this.record(this.#place)
  }

  /**
   * Receiver of the application for the back channel's packets, closed when this stream ends;
   * `undefined` for a publisher.
   */
  get place(): BackChannelSink | undefined {
    return this.#place
  }

  /**
   * Leaves the application's receiver of the back channel open when this stream closes, because
   * another stream continues with it.
   */
  leavePlace(): void {
    this.#place = undefined
  }

  pause(): void {
    if (this.#state !== 'recording') return
    this.#state = 'ready'
    this.#silence?.cancel()
    // Packets dropped until the next RECORD are not lost on the network.
    this.#statistics = undefined
  }

  /** Sends BYE to a recording publisher (RFC 3550 section 6.6), and releases channels or ports. Idempotent. */
  close(): void {
    if (this.#state === 'closed') return
    if (this.#state === 'recording') this.#sendBye()
    this.#state = 'closed'
    this.#silence?.cancel()
    this.#init.link.close()
    this.#init.onClosed(this)
    this.#place?.close()
  }

  /** Passes one RTP packet to the sink. Before RECORD, packets are dropped (RFC 2326 section 10.11). */
  receiveRtp(packet: Buffer): void {
    if (this.#state !== 'recording' || !this.#sink) return
    // The track may rewrite the header, but reports to the publisher use its own numbers.
    if (isValidRtp(packet)) this.#noteArrival(packet)
    if (!this.#sink.receive(packet)) return
    const { counters } = this.#init
    counters.packetsIn++
    counters.bytesIn += packet.length
    if (this.heardAt - this.#aliveAt < signOfLifeMs) return
    this.#aliveAt = this.heardAt
    this.#init.onPacket()
  }

  /** Handles RTCP from the publisher. The times in its sender reports are passed to the sink. */
  receiveRtcp(compound: Buffer): void {
    if (this.#state === 'closed') return
    const packets = parseCompound(compound)
    if (packets.length === 0) {
      this.malformedRtcp++
      return
    }
    const now = this.#init.clock.now()
    this.heardAt = now
    for (const packet of packets) {
      if (packet.type !== 'senderReport' || !this.#sink) continue
      if (this.#sourceSsrc !== undefined && this.#sourceSsrc !== packet.ssrc) continue
      this.#statistics?.noteSenderReport(ntpMiddle32(packet.ntpTime), now)
      this.#sink.noteSenderReport(packet.ntpTime, packet.rtpTime, now)
    }
    this.#init.onPacket()
  }

  /** Sends the publisher a report of received and lost packets (RFC 3550 section 6.4.2). */
  sendRtcp(): void {
    if (this.#state !== 'recording' || !this.#statistics) return
    this.#init.link.sendRtcp(serializeCompound(this.#report(this.#statistics)))
  }

  #watchSilence(): void {
    const { clock, onSilent } = this.#init
    this.#silence?.cancel()
    if (this.#isSettled || !onSilent) return
    const tell = (): void => {
      this.#isSettled = true
      onSilent()
    }
    this.#silence = clock.schedule(tell, silentAfterSeconds * 1000, false)
  }

  #sendBye(): void {
    const report = this.#report(this.#statistics)
    this.#init.link.sendRtcp(serializeCompound([...report, { type: 'bye', ssrcs: [this.#ssrc] }]))
  }

  #report(statistics: ReceptionStatistics | undefined): RtcpPacket[] {
    return receiverReport(this.#ssrc, statistics && this.#noteReport(statistics))
  }

  #noteReport(statistics: ReceptionStatistics): ReceptionReportValues {
    const { clock, counters } = this.#init
    const now = clock.now()
    const report = statistics.report(now)
    counters.packetsLost += Math.max(0, report.cumulativeLost - this.#lostReported)
    this.#lostReported = Math.max(this.#lostReported, report.cumulativeLost)
    this.#reception = streamReceptionOf(report, this.#sink?.clockRate ?? 1, now)
    return report
  }

  giveWay(): void {
    if (this.#state !== 'closed') this.#init.onReplaced?.()
  }

  mediaEnded(): void {
    if (this.#state !== 'closed') this.#init.onMediaEnded()
  }

  /** Counts a valid packet. The statistics begin again when the publisher changes its SSRC. */
  #noteArrival(packet: Buffer): void {
    const ssrc = ssrcOf(packet)
    this.#sourceSsrc = ssrc
    if (this.#statistics?.ssrc !== ssrc) {
      const clockRate = this.#sink?.clockRate ?? 1
      // No probation: address or connection identify the sender.
      this.#lostReported = 0
      this.#isSettled = true
      this.#silence?.cancel()
      this.#statistics = new ReceptionStatistics({ ssrc, clockRate, probation: 0 })
    }
    // The packets of one read have arrived at the same time.
    const read = presentRead()
    if (read === 0 || read !== this.#read) this.heardAt = this.#init.clock.now()
    this.#read = read
    this.#statistics.update(packet, this.heardAt)
  }
}
