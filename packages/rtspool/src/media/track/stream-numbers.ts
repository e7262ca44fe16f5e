import type { TrackPosition } from '../../public/track.js'
import { rtpHeaderBytes, sequenceNumberOf, ssrcOf, timestampOf } from '../../rtp/index.js'

/**
 * Number of last packets that {@link Track.hasSent} recognizes: more than the fastest stream sends in some seconds,
 * and far less than all sequence numbers.
 */
const recallPackets = 8192

/**
 * State of one RTP stream as viewers see it: SSRC, counts of packets and bytes, and the numbers after its last packet.
 */
export class StreamNumbers {
  /** SSRC of the packets that viewers are sent; `undefined` until it is known. */
  ssrc: number | undefined = undefined
  /**
   * Number of packets sent with this SSRC. `octetCount` is the number of their payload octets (RFC
   * 3550 section 6.4.1).
   */
  packetCount = 0
  octetCount = 0
  /** RTP timestamp of the last packet sent; 0 before the first. */
  timestamp = 0
  #nextSequenceNumber: number | undefined = undefined

  /** SSRC and sequence number of the next packet, with the timestamp of the last one; `undefined` if unknown. */
  get position(): TrackPosition | undefined {
    const { ssrc, timestamp } = this
    const sequenceNumber = this.#nextSequenceNumber
    if (ssrc === undefined || sequenceNumber === undefined) return undefined
    return { ssrc, sequenceNumber, timestamp }
  }

  /** Begins to count packets with another SSRC: sets all counts to 0. */
  begin(ssrc: number): void {
    this.ssrc = ssrc
    this.packetCount = 0
    this.octetCount = 0
  }

  /**
   * Sets the sequence number and timestamp of the next packet, which the source has announced before it pushes the
   * packet.
   */
  continueAt({ sequenceNumber, timestamp }: TrackPosition): void {
    this.#nextSequenceNumber = sequenceNumber
    this.timestamp = timestamp
  }

  /**
   * Updates the state with a sent packet, whose payload lies between the offsets `payloadStart` and `payloadEnd` in
   * bytes.
   */
  notePacket(packet: Buffer, payloadStart: number, payloadEnd: number): void {
    this.#nextSequenceNumber = (sequenceNumberOf(packet) + 1) & 0xffff
    this.timestamp = timestampOf(packet)
    this.packetCount = (this.packetCount + 1) >>> 0
    this.octetCount = (this.octetCount + payloadEnd - payloadStart) >>> 0
  }

  /**
   * Returns whether a packet may be one of the last {@link recallPackets} that were sent.
   *
   * @param beginning - First bytes of the packet. Fewer than the fixed header never match.
   */
  hasSent(beginning: Buffer): boolean {
    const next = this.#nextSequenceNumber
    if (next === undefined || beginning.length < rtpHeaderBytes) return false
    const back = (next - sequenceNumberOf(beginning)) & 0xffff
    return ssrcOf(beginning) === this.ssrc && back <= recallPackets
  }
}
