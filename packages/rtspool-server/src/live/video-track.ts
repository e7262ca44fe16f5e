import type { AccessUnit, TrackInfo } from 'rtspool'
import { h264Format, isH264SampleUnit } from './codec/h264-format.js'
import { h265Format, isH265SampleUnit } from './codec/h265-format.js'
import { DecodeTimes } from './decode-times.js'
import { fragmentBytes, type Sample, writeFragment } from './fmp4/fragment.js'
import type { TrackFormat } from './fmp4/track-format.js'
import type { LiveFragment, LiveTrack } from './live-track.js'
import { type CommonInstant, MediaTimes } from './media-times.js'
import { openFrame } from './web-socket-frame.js'

/** Encodings of video that browsers play from fragments. */
export type VideoEncoding = 'H264' | 'H265'

const codings = {
  H264: { formatOf: h264Format, isSampleUnit: isH264SampleUnit },
  H265: { formatOf: h265Format, isSampleUnit: isH265SampleUnit },
} as const

const lengthBytes = 4

/** Builds one MP4 fragment of each picture of a video track. */
export class VideoTrack implements LiveTrack {
  readonly id: number
  readonly info: TrackInfo
  readonly #coding: (typeof codings)[VideoEncoding]
  readonly #mediaTimes: MediaTimes
  readonly #decodeTimes: DecodeTimes
  #format: TrackFormat | undefined
  #sequenceNumber = 0

  constructor(info: TrackInfo, id: number, encoding: VideoEncoding) {
    this.info = info
    this.id = id
    this.#coding = codings[encoding]
    this.#mediaTimes = new MediaTimes(info.clockRate, info.index, true)
    this.#decodeTimes = new DecodeTimes(info.clockRate)
  }

  get format(): TrackFormat | undefined {
    return this.#format
  }

  push(unit: AccessUnit, common: CommonInstant): LiveFragment | undefined {
    const format = unit.isKeyFrame ? this.#changedFormat(unit) : undefined
    if (format) this.#format = format
    const pieces = this.#piecesOf(unit.parts)
    if (!this.#format || pieces.length === 0) return undefined
    const time = this.#mediaTimes.place(unit, common)
    const { decodeTime, duration } = this.#decodeTimes.place(time, this.#format.reorderDepth)
    const sample: Sample = {
      pieces,
      sizeBytes: pieces.reduce((sum, piece) => sum + piece.length, 0),
      duration,
      compositionOffset: time - decodeTime,
      isSync: unit.isKeyFrame,
    }
    const samples = [sample]
    const { frame, contentOffset } = openFrame(this.id, fragmentBytes(samples))
    writeFragment(frame, contentOffset, ++this.#sequenceNumber, decodeTime, samples)
    return { frame, isEntry: unit.isKeyFrame, format }
  }

  /** Returns nothing, because a video track sends each picture at once. */
  finish(): undefined {}

  #changedFormat({ parts, track }: AccessUnit): TrackFormat | undefined {
    const format = this.#coding.formatOf(parts, track.clockRate)
    return format && this.#format?.entry.equals(format.entry) ? undefined : format
  }

  /**
   * Returns the pieces of a sample: each NAL unit after its length. Parameter sets are left out,
   * because the init segment contains them.
   */
  #piecesOf(parts: readonly Buffer[]): Buffer[] {
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
