/** RTP clock rate of MPEG audio, for every sampling rate (RFC 3551 section 4.5.13). */
export const mpegAudioClockRate = 90_000

/** Header of a frame of MPEG audio (ISO/IEC 11172-3 section 2.4.1.3, 13818-3 for lower rates). */
export interface MpegAudioHeader {
  readonly layer: 1 | 2 | 3
  /** Sampling rate of the frame's sound in Hz. */
  readonly sampleRate: number
  /** Number of samples per channel in the frame. */
  readonly samples: number
}

/**
 * Sampling rates of MPEG-1 audio in Hz, by the code in the header. MPEG-2 has half of these rates, and MPEG-2.5 a
 * quarter.
 */
const sampleRates = [44_100, 48_000, 32_000]
const mpeg1 = 3
const mpeg2 = 2
const mpeg25 = 0

/** Parses the header of a frame of MPEG audio. @returns `undefined` unless the bytes begin with a header. */
export function parseMpegAudioHeader(frame: Uint8Array): MpegAudioHeader | undefined {
  if (frame.length < 4 || frame[0] !== 0xff) return undefined
  const second = frame[1] as number
  if ((second & 0xe0) !== 0xe0) return undefined
  const version = (second >> 3) & 3
  const layer = 4 - ((second >> 1) & 3)
  const rate = sampleRates[((frame[2] as number) >> 2) & 3]
  if (version === 1 || rate === undefined || (layer !== 1 && layer !== 2 && layer !== 3)) {
    return undefined
  }
  const divisor = { [mpeg1]: 1, [mpeg2]: 2, [mpeg25]: 4 }[version] ?? 1
  let samples = 1152
  if (layer === 1) samples = 384
  else if (layer === 3 && version !== mpeg1) samples = 576
  return { layer, sampleRate: rate / divisor, samples }
}
