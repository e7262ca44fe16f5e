/** Creates the table of a CRC whose initial value is 0 and whose bits are not reflected. */
function crcTable(polynomial: number, bits: 8 | 16): Uint16Array {
  const top = 1 << (bits - 1)
  const mask = 2 ** bits - 1
  return Uint16Array.from({ length: 256 }, (_, byte) => {
    let crc = byte << (bits - 8)
    for (let bit = 0; bit < 8; bit++) crc = (crc & top ? (crc << 1) ^ polynomial : crc << 1) & mask
    return crc
  })
}

const crc8Table = crcTable(0x07, 8)
const crc16Table = crcTable(0x8005, 16)

function crc8(bytes: Uint8Array, end: number): number {
  let crc = 0
  for (let at = 0; at < end; at++) crc = crc8Table[crc ^ (bytes[at] as number)] as number
  return crc
}

function crc16(bytes: Uint8Array, end: number): number {
  let crc = 0
  for (let at = 0; at < end; at++) {
    crc = ((crc << 8) & 0xffff) ^ (crc16Table[(crc >> 8) ^ (bytes[at] as number)] as number)
  }
  return crc
}

/** Minimum and maximum number of samples in a frame (RFC 9639 section 8.2). */
export const flacBlockSamples = Object.freeze([16, 65_535] as const)
/** Highest sampling rate in Hz that {@link flacFrame} can write. */
export const highestFlacRate = 0xffff
const largestHeaderBytes = 16
const verbatim = 0x02

/**
 * Writes samples of 16 bits as one frame of FLAC without compression (RFC 9639 section 9).
 *
 * ```text
 *  sync, variable block size | size and rate at the end | channels, 16 bits | number of the first sample
 *  size-1  rate  CRC-8   { verbatim, samples } of each channel   CRC-16
 * ```
 *
 * @param channels - Samples of each channel, all of one length between 16 and 65,535.
 * @param sampleRate - At most {@link highestFlacRate}.
 * @param firstSample - Number of samples before this frame; only its lower 36 bits are written.
 */
export function flacFrame(
  channels: readonly Int16Array[],
  sampleRate: number,
  firstSample: number,
): Buffer {
  const count = channels[0]?.length ?? 0
  const sizeBytes = largestHeaderBytes + channels.length * (1 + count * 2) + 2
  const frame = Buffer.allocUnsafe(sizeBytes)
  frame.set([0xff, 0xf9, 0x7d, ((channels.length - 1) << 4) | 0x08])
  let at = writeCodedNumber(frame, 4, firstSample % codedNumbers)
  at = frame.writeUInt16BE(count - 1, at)
  at = frame.writeUInt16BE(sampleRate, at)
  at = frame.writeUInt8(crc8(frame, at), at)
  for (const samples of channels) {
    at = frame.writeUInt8(verbatim, at)
    for (const sample of samples) at = frame.writeInt16BE(sample, at)
  }
  return frame.subarray(0, frame.writeUInt16BE(crc16(frame, at), at))
}

/** Limit of {@link writeCodedNumber}: a number must be smaller. */
const codedNumbers = 2 ** 36

/**
 * Writes a number of up to 36 bits in the same way as UTF-8 writes characters (RFC 9639 section
 * 9.1.5).
 *
 * @returns The position after the number.
 */
function writeCodedNumber(frame: Buffer, at: number, value: number): number {
  if (value < 0x80) return frame.writeUInt8(value, at)
  let following = 1
  while (following < 6 && value >= 2 ** (5 * following + 6)) following++
  const mark = (0xff << (7 - following)) & 0xff
  let next = frame.writeUInt8(mark | (Math.floor(value / 2 ** (6 * following)) & 0x3f), at)
  for (let rest = following - 1; rest >= 0; rest--) {
    next = frame.writeUInt8(0x80 | (Math.floor(value / 2 ** (6 * rest)) & 0x3f), next)
  }
  return next
}
