import type { TrackPosition } from '../../public/track.js'
import { rtpHeaderBytes, sequenceNumberOf, ssrcOf, timestampOf } from '../../rtp/index.js'

/**
 * Number of last packets that {@link Track.hasSent} recognizes: more than the fastest stream sends in some seconds,
 * and far less than all sequence numbers.
 */
const recallPackets = 8192

/**
 * State of one RTP stream as viewers see it: SSRC, counts, and the position after its last packet.
 */
export class StreamNumbers {
  /** Synchronisation source of the stream, if known. */
  ssrc: number | undefined = undefined
  /**
   * Number of packets sent with this SSRC. `octetCount` is the number of their payload octets (RFC
   * 3550 section 6.4.1).
   */
  packetCount = 0
  octetCount = 0
  /** Timestamp of the last packet. */
  timestamp = 0
  #nextSequenceNumber: number | undefined = undefined

  /** SSRC and sequence number of the next packet, with the timestamp of the last one; `undefined` if unknown. */
  get position(): TrackPosition | undefined {
    const { ssrc, timestamp } = this
    const sequenceNumber = this.#nextSequenceNumber
    if (ssrc === undefined || sequenceNumber === undefined) return undefined
    return { ssrc, sequenceNumber, timestamp }
  }

  /** Resets the state for packets with another SSRC. */
  begin(ssrc: number): void {
    this.ssrc = ssrc
    this.packetCount = 0
    this.octetCount = 0
  }

  /** Sets the position of the next packet, which the source has announced. */
  continueAt({ sequenceNumber, timestamp }: TrackPosition): void {
    this.#nextSequenceNumber = sequenceNumber
    this.timestamp = timestamp
  }

  /** Updates the state with a sent packet, whose payload lies between two offsets in bytes. */
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
