import { rtpHeaderBytes, writeRtpHeader } from '../packet.js'
import { nextSequenceNumber } from '../sequence.js'

export interface RtpPacketWriterOptions {
  /** Payload type in the headers, 0 to 127, as in the session description. */
  readonly payloadType: number
  /** SSRC (synchronisation source) of the stream: a random number of 32 bits. */
  readonly ssrc: number
  /**
   * Sequence number of the first packet; random, so that the stream cannot be guessed (RFC 3550
   * section 5.1).
   */
  readonly sequenceNumber: number
  /**
   * Maximum size of a packet in bytes, RTP header included; at least 64.
   * @default 1332
   */
  readonly maxPacketBytes?: number
}

/**
 * Default of {@link RtpPacketWriterOptions.maxPacketBytes}. Such packets also fit in tunnels
 * (WireGuard 1420 bytes, IPsec less) with IPv6 and SRTP, without fragmentation.
 */
export const defaultMaxPacketBytes =
  1400 /* tunnel */ - 40 /* IPv6 */ - 8 /* UDP */ - 16 /* tag of SRTP */ - 4 /* MKI */

const smallestMaxPacketBytes = 64
const largestMaxPacketBytes = 65535

/** Creates the packets of one source with consecutive sequence numbers. */
export class RtpPacketWriter {
  readonly payloadType: number
  readonly ssrc: number
  /** Maximum number of payload bytes in an RTP packet: `maxPacketBytes` without the header. */
  readonly maxPayloadBytes: number
  #sequenceNumber: number

  /**
   * Creates a writer of the RTP packets of one stream.
   *
   * @throws {RangeError} An option is out of its range.
   */
  constructor(options: RtpPacketWriterOptions) {
    const { payloadType, ssrc, sequenceNumber, maxPacketBytes = defaultMaxPacketBytes } = options
    requireInteger('payloadType', payloadType, 0, 127)
    requireInteger('ssrc', ssrc, 0, 0xffffffff)
    requireInteger('sequenceNumber', sequenceNumber, 0, 0xffff)
    requireInteger('maxPacketBytes', maxPacketBytes, smallestMaxPacketBytes, largestMaxPacketBytes)
    this.payloadType = payloadType
    this.ssrc = ssrc
    this.maxPayloadBytes = maxPacketBytes - rtpHeaderBytes
    this.#sequenceNumber = sequenceNumber
  }

  /** Sequence number of the next packet. */
  get sequenceNumber(): number {
    return this.#sequenceNumber
  }

  /**
   * Creates an RTP packet with its header written; the caller fills its payload, from byte 12 on.
   *
   * @param payloadBytes - Size of the payload in bytes.
   * @param timestamp - Ticks, taken modulo 2^32. Start a stream at a random value (RFC 3550 section 5.1) other than
   *   0. FFmpeg 5.1 takes 0 for "none yet" and starts again with the next packet.
   * @returns New buffer, which belongs to the caller.
   */
  allocate(payloadBytes: number, timestamp: number, marker: boolean): Buffer {
    const packet = Buffer.allocUnsafe(rtpHeaderBytes + payloadBytes)
    const { payloadType, ssrc } = this
    writeRtpHeader(packet, 0, payloadType, marker, this.#sequenceNumber, timestamp, ssrc)
    this.#sequenceNumber = nextSequenceNumber(this.#sequenceNumber)
    return packet
  }
}

function requireInteger(name: string, value: number, smallest: number, largest: number): void {
  if (Number.isInteger(value) && value >= smallest && value <= largest) return
  throw new RangeError(`${name} must be an integer from ${smallest} to ${largest}, got ${value}`)
}
