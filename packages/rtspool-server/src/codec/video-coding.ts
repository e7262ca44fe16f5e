import type { TrackFormat } from '../fmp4/track-format.js'
import { h264Format, isH264SampleUnit } from './h264-format.js'
import { h265Format, isH265SampleUnit } from './h265-format.js'

/** Encodings of video that MP4 fragments can hold. */
export type VideoEncoding = 'H264' | 'H265'

const codings = {
  H264: { formatOf: h264Format, isSampleUnit: isH264SampleUnit },
  H265: { formatOf: h265Format, isSampleUnit: isH265SampleUnit },
} as const

const lengthBytes = 4

/** Coding of the pictures of one track, whose format is in their parameter sets. */
export class VideoCoding {
  readonly #coding: (typeof codings)[VideoEncoding]
  readonly #clockRate: number
  #format: TrackFormat | undefined

  constructor(encoding: VideoEncoding, clockRate: number) {
    this.#coding = codings[encoding]
    this.#clockRate = clockRate
  }

  /** Format of the pictures; `undefined` before the first key frame. */
  get format(): TrackFormat | undefined {
    return this.#format
  }

  /**
   * Reads the parameter sets of a key frame.
   *
   * @returns The format; `undefined` without usable parameter sets, and if the format is the one before.
   */
  readFormat(parts: readonly Buffer[]): TrackFormat | undefined {
    const format = this.#coding.formatOf(parts, this.#clockRate)
    if (!format || this.#format?.entry.equals(format.entry)) return undefined
    this.#format = format
    return format
  }

  /**
   * Returns the pieces of a sample: each NAL unit after its length. Parameter sets are left out,
   * because the init segment contains them.
   */
  piecesOf(parts: readonly Buffer[]): Buffer[] {
    const pieces: Buffer[] = []
    for (const part of parts) {
      if (!this.#coding.isSampleUnit(part)) continue
      const length = Buffer.allocUnsafe(lengthBytes)
      length.writeUInt32BE(part.length)
      pieces.push(length, part)
    }
    return pieces
  }
}
