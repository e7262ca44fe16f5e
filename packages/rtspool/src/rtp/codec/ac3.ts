/** Contents of the header of a syncframe of AC-3 or E-AC-3 (ETSI TS 102 366). */
export interface Ac3Header {
  /** Sampling rate of the frame's sound in Hz. */
  readonly sampleRate: number
  /** Number of samples per channel in the frame. */
  readonly samples: number
  readonly sizeBytes: number
  /** `true` for an E-AC-3 frame that adds channels, but no time, to the previous frame. */
  readonly isDependent: boolean
}

const syncWord = 0x0b77
const sampleRates = [48_000, 44_100, 32_000]
const samplesPerBlock = 256
const blocksOfAc3 = 6
/** Bit rates of AC-3 in kbit/s; each rate has two codes in the header (TS 102 366 table 4.13). */
const bitRates = [
  32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640,
]
/**
 * Highest bit stream identification (`bsid`) of AC-3; a frame with a higher one is E-AC-3 (annex
 * E).
 */
const largestAc3Bsid = 10
const largestEac3Bsid = 16
const eac3Blocks = [1, 2, 3, 6]
const dependentStream = 1

/** Parses the header of a syncframe of AC-3 or E-AC-3. @returns `undefined` unless the bytes begin with a header. */
export function parseAc3Header(frame: Uint8Array): Ac3Header | undefined {
  if (frame.length < 6 || (((frame[0] as number) << 8) | (frame[1] as number)) !== syncWord) {
    return undefined
  }
  const bsid = (frame[5] as number) >> 3
  if (bsid > largestEac3Bsid) return undefined
  return bsid <= largestAc3Bsid ? ac3Header(frame) : eac3Header(frame)
}

function ac3Header(frame: Uint8Array): Ac3Header | undefined {
  const code = frame[4] as number
  const rateCode = code >> 6
  const sampleRate = sampleRates[rateCode]
  const bitRate = bitRates[(code & 0x3f) >> 1]
  if (sampleRate === undefined || bitRate === undefined) return undefined
  const samples = blocksOfAc3 * samplesPerBlock
  // 16-bit words; odd codes have one more at 44.1 kHz.
  const words = Math.floor((bitRate * 1000 * samples) / sampleRate / 16)
  const sizeBytes = 2 * (words + (rateCode === 1 ? code & 1 : 0))
  return { sampleRate, samples, sizeBytes, isDependent: false }
}

function eac3Header(frame: Uint8Array): Ac3Header | undefined {
  const type = (frame[2] as number) >> 6
  const words = ((((frame[2] as number) & 0x07) << 8) | (frame[3] as number)) + 1
  const rateCode = (frame[4] as number) >> 6
  const blocksCode = ((frame[4] as number) >> 4) & 3
  // Code 3 means half of the following rate, and six blocks.
  const sampleRate = rateCode === 3 ? (sampleRates[blocksCode] ?? 0) / 2 : sampleRates[rateCode]
  const blocks = rateCode === 3 ? blocksOfAc3 : eac3Blocks[blocksCode]
  if (!sampleRate || blocks === undefined) return undefined
  const isDependent = type === dependentStream
  return { sampleRate, samples: blocks * samplesPerBlock, sizeBytes: 2 * words, isDependent }
}

/**
 * Returns the number of samples per channel in one or more frames of AC-3 or E-AC-3; 0 if `unit` does not begin with
 * a header.
 */
export function ac3SamplesOf(unit: Uint8Array): number {
  let samples = 0
  let offset = 0
  for (let header = parseAc3Header(unit); header; header = parseAc3Header(unit.subarray(offset))) {
    // Further programmes of a stream run in parallel with the first.
    const streamId = ((unit[offset + 2] as number) >> 3) & 0x07
    const isFirstProgramme =
      offset === 0 || ((unit[offset + 5] as number) >> 3 > largestAc3Bsid && streamId === 0)
    if (!header.isDependent && isFirstProgramme) samples += header.samples
    offset += Math.max(header.sizeBytes, 1)
  }
  return samples
}
