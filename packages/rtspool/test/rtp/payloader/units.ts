import { seededBytes } from '../random-bytes.js'

/** One megabyte of noise from which units are cut. */
const noise = seededBytes(2 ** 20, 1)

/** Creates a NAL unit of H.264: its header, then noise. */
export function h264NalUnit(header: number, size: number, offset = 0): Buffer {
  const unit = Buffer.from(noise.subarray(offset, offset + size))
  unit[0] = header
  return unit
}

/**
 * Creates a NAL unit of H.265.
 *
 * @param flags - F, LayerId and TID at their place in the header.
 */
export function h265NalUnit(type: number, size: number, flags = 0x0001, offset = 0): Buffer {
  const unit = Buffer.from(noise.subarray(offset, offset + Math.max(size, 2)))
  unit.writeUInt16BE((flags & 0x81ff) | (type << 9), 0)
  return unit
}

/** Creates an access unit of AAC, which is only noise. */
export function aacUnit(size: number, offset = 0): Buffer {
  return noise.subarray(offset, offset + size)
}
