import type { Clock } from '../../clock.js'
import {
  createSourceDescription,
  ntpFromUnixMs,
  parseCompound,
  type RtcpPacket,
  serializeCompound,
} from '../../rtcp/index.js'
import {
  isValidRtp,
  type PayloadTest,
  payloadEndOf,
  payloadKinds,
  payloadOffsetOf,
  payloadTestOf,
  ssrcOf,
  timestampOf,
} from '../../rtp/index.js'
import type { MediaDescription } from '../../sdp/index.js'
import type { SrtpSuiteName } from '../../srtp/index.js'
import type { PublishedTrackSource } from './announcement.js'
import type { RtpLink } from './rtp-link.js'
import type { RtspPublishedTrack, RtspPublishedTrackStats } from './rtsp-publisher.js'
import { SingleSource } from './single-source.js'
import { StreamClock } from './stream-clock.js'

const cname = 'rtspool'
const defaultClockRate = 90_000
/** Maximum size of a packet in bytes: the length of an interleaved frame has 16 bits. */
const maxPacketBytes = 65_535
/** Bits of {@link payloadKinds} that mark packets at which a decoder can begin. */
const beginnings = payloadKinds.keyFrame | payloadKinds.prefix | payloadKinds.recovery

/** Functions of a publisher that its tracks call. */
export interface PublishedTrackOwner {
  /**
   * Returns whether a packet may be sent: `false` after the end, and from a full queue until half of it has been sent.
   */
  hasRoom(): boolean
}

/** One track of a publisher: sends its packets and sender reports, and counts them. */
export class PublishedTrack implements RtspPublishedTrack {
  readonly index: number
  readonly description: MediaDescription
  readonly srtp: SrtpSuiteName | undefined
  readonly #owner: PublishedTrackOwner
  readonly #link: RtpLink
  readonly #clock: Clock
  readonly #time: StreamClock
  readonly #test: PayloadTest | undefined
  /** Keeps one SSRC for SRTP; `undefined` without SRTP. */
  readonly #single: SingleSource | undefined
  /** SSRC of the packets that the application pushes. */
  #source: number | undefined
  #packets = 0
  #bytes = 0
  /** Number of packets, and of their payload bytes, sent with the present SSRC; both are for sender reports. */
  #sent = { packets: 0, octets: 0 }
  #droppedPackets = 0
  #reportedLost: number | undefined
  /**
   * True from a full queue to the next key frame, if key frames of the encoding are known; packets are dropped
   * meanwhile.
   */
  #waitsForKeyFrame = false

  constructor(
    place: Pick<RtspPublishedTrack, 'index' | 'description' | 'srtp'> &
      Pick<PublishedTrackSource, 'ssrc'>,
    owner: PublishedTrackOwner,
    link: RtpLink,
    clock: Clock,
  ) {
    this.index = place.index
    this.description = place.description
    this.srtp = place.srtp
    this.#owner = owner
    this.#link = link
    const [payloadType = -1] = place.description.payloadTypes
    const { encoding = '', clockRate = defaultClockRate } =
      place.description.rtpmap(payloadType) ?? {}
    this.#single = place.srtp && new SingleSource(place.ssrc)
    this.#clock = clock
    this.#time = new StreamClock(clock, clockRate)
    this.#test = payloadTestOf(encoding)
  }

  /** SSRC of the packets that the server receives; `undefined` before the first one. */
  get #ssrc(): number | undefined {
    return this.#single?.ssrc ?? this.#source
  }

  get stats(): RtspPublishedTrackStats {
    return {
      packets: this.#packets,
      bytes: this.#bytes,
      droppedPackets: this.#droppedPackets,
      reportedLostPackets: this.#reportedLost,
    }
  }

  push(packet: Uint8Array): boolean {
    const pushed = Buffer.from(packet.buffer, packet.byteOffset, packet.length)
    const bytes = this.#mayPass(packet) ? (this.#single?.continued(pushed) ?? pushed) : undefined
    if (!bytes || !this.#link.sendRtp(bytes)) {
      this.#droppedPackets++
      return false
    }
    const source = ssrcOf(packet)
    const isNew = source !== this.#source
    this.#source = source
    if (isNew && !this.#single) this.#sent = { packets: 0, octets: 0 }
    this.#time.note(timestampOf(packet))
    this.#packets++
    this.#bytes += packet.length
    this.#sent.packets++
    this.#sent.octets += payloadEndOf(packet) - payloadOffsetOf(packet)
    // Receivers know the time of a source after its first report.
    if (isNew) this.sendReport()
    return true
  }

  mapTime(unixMs: number, rtpTime: number, clockMs = this.#clock.now()): void {
    this.#time.map(unixMs, rtpTime, clockMs)
  }

  /** Sends an RTCP sender report, unless no packet has been sent yet (RFC 3550 section 6.4.1). */
  sendReport(): void {
    const packets = this.#report()
    if (packets) this.#link.sendRtcp(serializeCompound(packets))
  }

  /** Sends a last sender report with an RTCP BYE, unless no packet has been sent (RFC 3550 section 6.6). */
  sendBye(): void {
    const packets = this.#report()
    if (!packets || this.#ssrc === undefined) return
    this.#link.sendRtcp(serializeCompound([...packets, { type: 'bye', ssrcs: [this.#ssrc] }]))
  }

  /** Reads a compound RTCP packet of the server: its receiver reports state the number of lost packets. */
  receiveRtcp(compound: Buffer): void {
    for (const packet of parseCompound(compound)) {
      if (packet.type !== 'receiverReport' && packet.type !== 'senderReport') continue
      const own = packet.reports.find(({ ssrc }) => ssrc === this.#ssrc)
      if (own) this.#reportedLost = Math.max(0, own.cumulativeLost)
    }
  }

  #mayPass(packet: Uint8Array): boolean {
    if (!isValidRtp(packet) || packet.length > maxPacketBytes) return false
    if (!this.#owner.hasRoom()) {
      this.#waitsForKeyFrame = this.#test !== undefined
      return false
    }
    if (this.#waitsForKeyFrame) {
      const kinds = this.#test?.(packet, payloadOffsetOf(packet), payloadEndOf(packet)) ?? 0
      this.#waitsForKeyFrame = (kinds & beginnings) === 0
    }
    return !this.#waitsForKeyFrame
  }

  #report(): RtcpPacket[] | undefined {
    const time = this.#time.now()
    if (!time || this.#ssrc === undefined) return undefined
    return [
      {
        type: 'senderReport',
        ssrc: this.#ssrc,
        ntpTime: ntpFromUnixMs(time.unixMs),
        rtpTime: time.rtpTime,
        packetCount: this.#sent.packets >>> 0,
        octetCount: this.#sent.octets >>> 0,
        reports: [],
      },
      createSourceDescription(this.#ssrc, cname),
    ]
  }
}
