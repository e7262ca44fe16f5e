import { splitOpusPacket } from '../codec/opus.js'
import { rtpHeaderBytes } from '../packet.js'
import { RtpPacketWriter, type RtpPacketWriterOptions } from './packet-writer.js'

/**
 * Packetizes Opus packets, one per RTP packet (RFC 7587 section 4.2). A packet that is too large is
 * split into its frames, which needs no decoder.
 */
export class OpusPayloader {
  readonly #writer: RtpPacketWriter
  #droppedPackets = 0

  constructor(options: RtpPacketWriterOptions) {
    this.#writer = new RtpPacketWriter(options)
  }

  /** Sequence number of the next packet. */
  get sequenceNumber(): number {
    return this.#writer.sequenceNumber
  }

  /**
   * Number of Opus packets or frames that were dropped: empty ones, and those too large for an RTP
   * packet.
   */
  get droppedPackets(): number {
    return this.#droppedPackets
  }

  /**
   * Packetizes one Opus packet.
   *
   * @param opusPacket - Packet from the encoder, not self-delimited.
   * @param timestamp - RTP time of the first sample, in 1/48000 s; taken modulo 2^32.
   * @returns New packets that share no memory with the Opus packet.
   */
  packetize(opusPacket: Uint8Array, timestamp: number): Buffer[] {
    const { maxPayloadBytes } = this.#writer
    if (opusPacket.length > 0 && opusPacket.length <= maxPayloadBytes) {
      // The marker begins a talkspurt, which is unknown here (RFC 7587 section 4.1).
      const packet = this.#writer.allocate(opusPacket.length, timestamp, false)
      packet.set(opusPacket, rtpHeaderBytes)
      return [packet]
    }
    const split = splitOpusPacket(opusPacket)
    const packets: Buffer[] = []
    for (const [index, frame] of split?.frames.entries() ?? []) {
      if (!split || 1 + frame.length > maxPayloadBytes) {
        this.#droppedPackets++
        continue
      }
      const frameTimestamp = timestamp + index * split.frameSamples
      const packet = this.#writer.allocate(1 + frame.length, frameTimestamp, false)
      packet[rtpHeaderBytes] = split.toc
      packet.set(frame, rtpHeaderBytes + 1)
      packets.push(packet)
    }
    if (!split) this.#droppedPackets++
    return packets
  }
}
