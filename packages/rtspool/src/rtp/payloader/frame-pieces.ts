import { rtpHeaderBytes } from '../packet.js'
import type { RtpPacketWriter } from './packet-writer.js'

/**
 * Splits a frame into packets, each with a header in front of its piece. All packets but the last have the same size.
 *
 * @param headerOf - Returns the header of a piece; all headers of a frame have `headerBytes`.
 * @returns New packets, the last one with the marker.
 */
export function packetizeFrame(
  writer: RtpPacketWriter,
  frame: Uint8Array,
  timestamp: number,
  headerBytes: number,
  headerOf: (start: number, end: number) => Uint8Array,
): Buffer[] {
  const maxPieceBytes = writer.maxPayloadBytes - headerBytes
  const packets: Buffer[] = []
  for (let start = 0; start < frame.length; start += maxPieceBytes) {
    const end = Math.min(start + maxPieceBytes, frame.length)
    const packet = writer.allocate(headerBytes + end - start, timestamp, end === frame.length)
    packet.set(headerOf(start, end), rtpHeaderBytes)
    packet.set(frame.subarray(start, end), rtpHeaderBytes + headerBytes)
    packets.push(packet)
  }
  return packets
}

const pictureIdBits = 15

/** Counts the pictures of a stream, in the 15 bits of VP8 (RFC 7741 section 4.2) and VP9 (RFC 9628 section 4.2). */
export class PictureId {
  #value: number

  constructor(first: number) {
    this.#value = first % 2 ** pictureIdBits
  }

  /** Returns the two bytes of the next picture's id, with the bit that says that there are two. */
  next(): readonly [number, number] {
    const value = this.#value
    this.#value = (value + 1) % 2 ** pictureIdBits
    return [0x80 | (value >> 8), value & 0xff]
  }
}
