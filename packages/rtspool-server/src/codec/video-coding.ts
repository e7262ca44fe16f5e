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
/** Maximum bytes of parameter sets to keep. Cameras send some hundred; larger ones are parsed each time. */
const maxKeptSetsBytes = 4096

/** Coding of the pictures of one track, whose format is in their parameter sets. */
export class VideoCoding {
  readonly #coding: (typeof codings)[VideoEncoding]
  readonly #clockRate: number
  #format: TrackFormat | undefined
  /** Parameter sets of the format. Most cameras repeat the same ones before each key frame. */
  #sets: readonly Buffer[] = []

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
    const sets = parts.filter((part) => !this.#coding.isSampleUnit(part))
    if (this.#format && haveSameBytes(sets, this.#sets)) return undefined
    const format = this.#coding.formatOf(parts, this.#clockRate)
    if (!format) return undefined
    this.#keep(sets)
    if (this.#format?.entry.equals(format.entry)) return undefined
    this.#format = format
    return format
  }

  #keep(sets: readonly Buffer[]): void {
    const sizeBytes = sets.reduce((sum, { length }) => sum + length, 0)
    // Copies, because a part keeps the packets that it arrived in.
    this.#sets = sizeBytes > maxKeptSetsBytes ? [] : sets.map((set) => Buffer.from(set))
  }

  /** Returns the NAL units of a sample: those of a picture without the parameter sets, which the init segment contains. */
  unitsOf(parts: readonly Buffer[]): readonly Buffer[] {
    const { isSampleUnit } = this.#coding
    return parts.every(isSampleUnit) ? parts : parts.filter(isSampleUnit)
  }

  /**
   * Returns the pieces of a sample: each NAL unit after its length. Parameter sets are left out,
   * because the init segment contains them.
   */
  piecesOf(parts: readonly Buffer[]): Buffer[] {
    const pieces: Buffer[] = []
    for (const part of this.unitsOf(parts)) {
      const length = Buffer.allocUnsafe(lengthBytes)
      length.writeUInt32BE(part.length)
      pieces.push(length, part)
    }
    return pieces
  }
}

const haveSameBytes = (some: readonly Buffer[], others: readonly Buffer[]): boolean =>
  some.length === others.length && some.every((each, index) => each.equals(others[index] as Buffer))
