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
  const frames = Buffer.allocUnsafeSlow(interleavedBytes(packets))
  writeInterleaved(frames, 0, channel, packets)
  return frames
}

/**
 * Returns the size in bytes of packets as interleaved frames.
 *
 * @param first - Index of the first packet that counts.
 */
export function interleavedBytes(packets: readonly Buffer[], first = 0): number {
  let sizeBytes = 0
  for (let index = first; index < packets.length; index++)
    sizeBytes += frameHeaderBytes + (packets[index] as Buffer).length
  return sizeBytes
}

/**
 * Writes packets as interleaved frames of one channel into memory of the caller, which has room for
 * {@link interleavedBytes}.
 *
 * @param offset - Offset in `target` of the first byte to write.
 * @param channel - 0 to 255.
 * @param packets - RTP or RTCP packets of at most 65,535 bytes each.
 * @param first - Index of the first packet to write.
 * @returns Offset behind the last byte written.
 */
export function writeInterleaved(
  target: Buffer,
  offset: number,
  channel: number,
  packets: readonly Buffer[],
  first = 0,
): number {
  let at = offset
  for (let index = first; index < packets.length; index++) {
    const packet = packets[index] as Buffer
    const { length } = packet
    target[at] = dollar
    target[at + 1] = channel
    target[at + 2] = length >>> 8
    target[at + 3] = length & 0xff
    at += frameHeaderBytes
    // The owner of the memory may have transferred it. Such a packet is empty, and `set` would throw.
    if (length > 0) target.set(packet, at)
    at += length
  }
  return at
}
