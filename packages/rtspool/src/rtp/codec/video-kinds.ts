import { payloadKinds } from '../payload-kinds.js'

const { picture, keyFrame, prefix } = payloadKinds

/**
 * Classifies a VP8 payload by {@link payloadKinds} (RFC 7741 sections 4.2 and 4.3). Bit P of a
 * frame's first packet is 0 in a key frame.
 */
export function vp8Kind(packet: Uint8Array, start: number, end: number): number {
  if (start >= end) return 0
  const descriptor = packet[start] as number
  // X R N S R PID: the start of partition 0.
  if ((descriptor & 0x17) !== 0x10) return picture
  let offset = start + 1
  if (descriptor & 0x80) {
    const extension = packet[offset++] ?? 0
    if (extension & 0x80) offset += (packet[offset] ?? 0) & 0x80 ? 2 : 1
    if (extension & 0x40) offset++
    if (extension & 0x30) offset++
  }
  return offset < end && isVp8KeyFrame(packet[offset] as number) ? keyFrame : picture
}

/** Returns whether the first byte of a VP8 frame is that of a key frame (RFC 6386 section 9.1). */
export const isVp8KeyFrame = (first: number): boolean => (first & 1) === 0

/**
 * Classifies a VP9 payload by {@link payloadKinds}. A key frame begins in the lowest spatial layer
 * without prediction from another picture (RFC 9628 section 4.2). The frame header is read as well,
 * because ffmpeg 5.1 never sets bit P.
 */
export function vp9Kind(packet: Uint8Array, start: number, end: number): number {
  if (start >= end) return 0
  const descriptor = packet[start] as number
  // I P L F B E V Z
  if ((descriptor & 0x48) !== 0x08) return picture
  let offset = start + 1
  if (descriptor & 0x80) offset += (packet[offset] ?? 0) & 0x80 ? 2 : 1
  if (descriptor & 0x20) {
    const spatialLayer = ((packet[offset] ?? 0) >> 1) & 7
    if (spatialLayer > 0) return picture
    offset += descriptor & 0x10 ? 1 : 2
  }
  if (descriptor & 0x02) offset = behindScalability(packet, offset)
  return offset < end && isVp9KeyFrame(packet[offset] as number) ? keyFrame : picture
}

/**
 * Returns the offset after the scalability structure of a VP9 payload: N_S(3) Y G, sizes of the
 * layers, then the pictures of a group.
 */
function behindScalability(packet: Uint8Array, start: number): number {
  const first = packet[start] ?? 0
  let offset = start + 1
  if (first & 0x10) offset += ((first >> 5) + 1) * 4
  if ((first & 0x08) === 0) return offset
  const pictures = packet[offset++] ?? 0
  for (let count = 0; count < pictures; count++) {
    offset += 1 + (((packet[offset] ?? 0) >> 2) & 3)
  }
  return offset
}

/**
 * Returns whether the first byte of a VP9 frame is that of a key frame (VP9 bitstream section 6.2).
 * Its bits are frame_marker(2) profile(2), reserved with profile 3, show_existing_frame, frame_type.
 */
export function isVp9KeyFrame(first: number): boolean {
  const behindProfile = (first & 0x30) === 0x30 ? first << 1 : first
  return first >> 6 === 2 && (behindProfile & 0x0c) === 0
}

/**
 * Classifies an AV1 payload by bit N of the aggregation header (RTP payload format for AV1, section
 * 4.4). The bit marks the first packet of a coded video sequence.
 */
export function av1Kind(packet: Uint8Array, start: number, end: number): number {
  if (start >= end) return 0
  return (packet[start] as number) & 0x08 ? keyFrame : picture
}

/**
 * Classifies a JPEG payload: every picture is a key frame and begins at fragment offset 0 (RFC 2435
 * section 3.1).
 */
export function jpegKind(packet: Uint8Array, start: number, end: number): number {
  if (end - start < 8) return 0
  const offset =
    (packet[start + 1] as number) | (packet[start + 2] as number) | (packet[start + 3] as number)
  return offset === 0 ? keyFrame : picture
}

const intraPicture = 1

/**
 * Classifies an MPEG video payload: a key frame is a packet of an intra picture with bit S, a
 * sequence header (RFC 2250 section 3.4).
 */
export function mpegVideoKind(packet: Uint8Array, start: number, end: number): number {
  if (end - start < 4) return 0
  // AN N S B E P(3)
  const bits = packet[start + 2] as number
  return bits & 0x20 && (bits & 7) === intraPicture ? keyFrame : picture
}

/** Maximum number of bytes searched for the VOP of an MPEG-4 picture; the headers before the VOP are shorter. */
const maxScannedBytes = 256
const vopCode = 0xb6
const intraVop = 0

/**
 * Classifies an MPEG-4 video payload, which begins with a header or within a picture (RFC 6416
 * section 5). The two bits after the start code of a VOP tell whether it is intra. All other start
 * codes precede a VOP (ISO/IEC 14496-2 sections 6.2.2 to 6.2.5).
 */
export function mpeg4VideoKind(packet: Uint8Array, start: number, end: number): number {
  if (end - start < 5 || !isStartCode(packet, start)) return start < end ? picture : 0
  const limit = Math.min(end - 4, start + maxScannedBytes)
  for (let offset = start; offset < limit; offset++) {
    if (!isStartCode(packet, offset) || packet[offset + 3] !== vopCode) continue
    return (packet[offset + 4] as number) >> 6 === intraVop ? keyFrame : picture
  }
  return prefix
}

const isStartCode = (packet: Uint8Array, offset: number): boolean =>
  packet[offset] === 0 && packet[offset + 1] === 0 && packet[offset + 2] === 1
