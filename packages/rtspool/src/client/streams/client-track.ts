import {
  parseReplayExtension,
  payloadEndOf,
  payloadOffsetOf,
  payloadTypeOf,
} from '../../rtp/index.js'
import type { DescribedTrack } from '../description/presentation.js'
import type { ReceivedPacket, RtpTarget, RtspClientTrack } from '../rtsp-client.js'
import { TrackReception } from './track-reception.js'
import type { TrackSecurity } from './track-security.js'

/** Receiver to which each track passes its packets, for the readers of the client. */
export interface TrackListener {
  /** True if the client has a reader. Otherwise no packets are passed on. */
  readonly isRead: boolean
  packet(received: Omit<ReceivedPacket, 'missedPackets'>): void
  /** Called when the server has ended a track with an RTCP BYE. */
  ended(): void
}

/** Function that sends a compound RTCP packet to the server, on the channel or port of one track. */
export type RtcpSender = (compound: Buffer) => void

/** Function that sends an RTP packet to the server. @returns `false` if the packet was left out */
export type RtpSender = (packet: Buffer) => boolean

/** One track of a client: its description, and the packets that the client receives and sends on it. */
export class ClientTrack implements RtspClientTrack {
  described: DescribedTrack
  start: RtspClientTrack['start'] = {}
  /** SRTP keys and counters of the track since its last SETUP; `undefined` with RTP/AVP. */
  security: TrackSecurity | undefined
  /**
   * Function of a back channel that returns a compound RTCP packet with a sender report; `undefined` before its first
   * packet.
   */
  senderReport: (() => Buffer | undefined) | undefined
  readonly #listener: TrackListener
  readonly #isWanted: (track: RtspClientTrack) => boolean
  readonly #reception: TrackReception
  #sendRtcp: RtcpSender | undefined
  #sendRtp: RtpSender | undefined
  #target: RtpTarget | undefined

  /** @param isWanted - Returns whether the client sets the track up. */
  constructor(
    described: DescribedTrack,
    listener: TrackListener,
    isWanted: (track: RtspClientTrack) => boolean,
  ) {
    this.described = described
    this.#listener = listener
    this.#isWanted = isWanted
    this.#reception = new TrackReception(described.rtpmap.clockRate)
  }

  get index() {
    return this.described.index
  }

  get kind() {
    return this.described.description.kind
  }

  get encoding() {
    return this.described.rtpmap.encoding
  }

  get clockRate() {
    return this.described.rtpmap.clockRate
  }

  get channels() {
    return this.described.rtpmap.channels
  }

  get payloadType() {
    return this.described.payloadType
  }

  get parameters() {
    return this.described.parameters
  }

  get direction() {
    return this.described.direction
  }

  get description() {
    return this.described.description
  }

  get isWanted(): boolean {
    return this.#isWanted(this)
  }

  get isSetUp(): boolean {
    return this.#sendRtcp !== undefined
  }

  get ssrc() {
    return this.#reception.ssrc
  }

  get srtp() {
    return this.security?.suiteName
  }

  get stats() {
    return { ...this.#reception.stats, rejectedPackets: this.security?.rejectedPackets ?? 0 }
  }

  /** True if the server has ended the track with an RTCP BYE, and no packet has followed. */
  get isEnded(): boolean {
    return this.#reception.isEnded
  }

  set isEnded(isEnded: boolean) {
    this.#reception.isEnded = isEnded
  }

  unixTimeMsAt(rtpTime: number): number | undefined {
    return this.#reception.unixTimeMsAt(rtpTime)
  }

  pipe(target: RtpTarget | undefined): void {
    this.#target = target
  }

  /** Takes over the description of a new connection, on which SETUP must follow. */
  redescribe(described: DescribedTrack): void {
    this.described = described
    this.#sendRtcp = this.#sendRtp = undefined
  }

  /**
   * Notes that SETUP has succeeded, and how to send packets to the server.
   *
   * @param sendRtp - `undefined` for multicast, to which a client sends reports only.
   */
  open(sendRtcp: RtcpSender, sendRtp?: RtpSender): void {
    this.#sendRtcp = sendRtcp
    this.#sendRtp = sendRtp
  }

  /**
   * Sends an RTP packet to the server, encrypted if the track has SRTP. The packet stays as it is: samples
   * for a server with the other byte order are turned in a copy.
   *
   * @returns `false` if nothing is sent: the track is not set up, SRTP cannot protect the packet, or the server does
   *   not read.
   */
  sendRtp(packet: Buffer): boolean {
    const ready = this.#hasTurnedSamples(packet) ? turnSamples(Buffer.from(packet)) : packet
    const sealed = this.security ? this.security.protect(ready) : ready
    return sealed !== undefined && this.#sendRtp?.(sealed) === true
  }

  /**
   * Handles a packet that has arrived on the track's channel or port for RTP. `now` = arrival in milliseconds of the
   * client's clock.
   */
  receiveRtp(received: Buffer, now: number): void {
    const packet = this.security ? this.security.open(received) : received
    if (!packet) return
    const kind = this.#reception.note(packet, now)
    if (kind === 'rtcp') this.#noteRtcp(packet, now)
    if (kind !== 'rtp') return
    if (this.#hasTurnedSamples(packet)) turnSamples(packet)
    this.#target?.push(packet)
    if (!this.#listener.isRead) return
    const replay = parseReplayExtension(packet)
    this.#listener.packet({ track: this, packet, arrivedAt: now, replay })
  }

  /**
   * Handles a packet that has arrived on the track's channel or port for RTCP. `now` = arrival in milliseconds of the
   * client's clock.
   */
  receiveRtcp(received: Buffer, now: number): void {
    const compound = this.security ? this.security.openRtcp(received) : received
    if (compound) this.#noteRtcp(compound, now)
  }

  /** Returns whether the server has the samples of a packet least significant byte first. */
  #hasTurnedSamples(packet: Buffer): boolean {
    const { isLittleEndian, payloadType } = this.described
    return isLittleEndian && payloadTypeOf(packet) === payloadType
  }

  #noteRtcp(compound: Buffer, now: number): void {
    this.#reception.receiveRtcp(compound, now, this.#target)
    if (this.#reception.isEnded) this.#listener.ended()
  }

  /**
   * Sends an RTCP report: the sender report of a back channel, or else a receiver report.
   *
   * @param now - Time of the client's clock in milliseconds.
   */
  sendReport(now: number): void {
    const report = this.senderReport?.() ?? this.#reception.report(now)
    const compound = this.security ? this.security.protectRtcp(report) : report
    if (compound) this.#sendRtcp?.(compound)
  }
}

/**
 * Turns 16-bit samples in place, between least and most significant byte first (RFC 3551 section 4.5.11).
 *
 * @returns The same packet.
 */
function turnSamples(packet: Buffer): Buffer {
  const begin = payloadOffsetOf(packet)
  const sizeBytes = Math.max(0, payloadEndOf(packet) - begin)
  packet.subarray(begin, begin + sizeBytes - (sizeBytes % 2)).swap16()
  return packet
}
