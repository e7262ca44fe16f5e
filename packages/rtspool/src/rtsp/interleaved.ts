/**
 * Frames RTP and RTCP inside the RTSP connection: `$`, channel, 16-bit length, packet (RFC 2326
 * section 10.12).
 */

const dollar = 0x24
/** Number of bytes before each packet in an interleaved frame. */
export const frameHeaderBytes = 4
/** Number of interleaved channels: a channel number is one byte. */
export const channelCount = 256

/**
 * Writes packets as interleaved frames of one channel. The result is one new buffer, which any
 * number of connections may share.
 *
 * @param channel - 0 to 255.
 * @param packets - RTP or RTCP packets of at most 65,535 bytes each.
 */
export function frameInterleaved(channel: number, packets: readonly Buffer[]): Buffer {
  let sizeBytes = 0
  for (const packet of packets) sizeBytes += frameHeaderBytes + packet.length
  const frames = Buffer.allocUnsafeSlow(sizeBytes)
  let offset = 0
  for (const packet of packets) {
    frames[offset] = dollar
    frames[offset + 1] = channel
    frames[offset + 2] = packet.length >>> 8
    frames[offset + 3] = packet.length & 0xff
    packet.copy(frames, offset + frameHeaderBytes)
    offset += frameHeaderBytes + packet.length
  }
  return frames
}
