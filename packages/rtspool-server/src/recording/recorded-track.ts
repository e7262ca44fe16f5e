import type { AccessUnit, TrackInfo } from 'rtspool'
import { DecodeTimes } from '../codec/decode-times.js'
import { type CommonInstant, MediaTimes } from '../codec/media-times.js'
import { type TrackCoding, trackCoding } from '../codec/track-coding.js'
import type { TrackFormat } from '../fmp4/track-format.js'
import { lengthBytes } from './sample-memory.js'

/** One picture or frame of sound, with times on the timeline that all tracks of the stream share, from 10 s on. */
export interface RecordedSample {
  /** Decoding time in ticks of the track; never decreases within a track. */
  readonly decodeTime: number
  /** Time of presentation of the sample, in ticks of the track. */
  readonly time: number
  /** Ticks from the sample to the next one, if no sample is missing in between. */
  readonly duration: number
  /** Bytes of the sample in pieces, valid as long as those of the access unit. */
  readonly pieces: readonly Buffer[]
  /** False if the pieces are NAL units, each of which follows its length in the file. */
  readonly hasLengths: boolean
  /** Size of the sample in the file. */
  readonly sizeBytes: number
  readonly isSync: boolean
  /** Wall clock of the source at the time of presentation; `undefined` while nothing is known of it. */
  readonly unixMs: number | undefined
}

/** Converts the access units of one track to samples of an MP4 file. */
export class RecordedTrack {
  readonly info: TrackInfo
  readonly #coding: TrackCoding
  readonly #mediaTimes: MediaTimes
  readonly #decodeTimes: DecodeTimes
  #lastDecodeTime = -1
  #hasSamples = false

  constructor(info: TrackInfo, coding: TrackCoding) {
    this.info = info
    this.#coding = coding
    this.#mediaTimes = new MediaTimes(info.clockRate, info.index, this.isVideo)
    this.#decodeTimes = new DecodeTimes(info.clockRate)
  }

  get isVideo(): boolean {
    return this.#coding.kind === 'video'
  }

  /** Format of the samples; a video track has none until its first key frame. */
  get format(): TrackFormat | undefined {
    return this.#coding.coding.format
  }

  /** True once {@link push} has returned a sample of the track. */
  get hasSamples(): boolean {
    return this.#hasSamples
  }

  /** True if the RTP timestamp of the last unit has jumped; a new segment must then begin. */
  get hasJumped(): boolean {
    return this.#mediaTimes.hasJumped
  }

  msOf(ticks: number): number {
    return (ticks / this.info.clockRate) * 1000
  }

  /**
   * Converts an access unit to a sample of the file.
   *
   * @param common - Times that all tracks of the stream share.
   * @returns `undefined` for a unit that cannot be recorded, such as a picture before the first key frame.
   */
  push(unit: AccessUnit, common: CommonInstant): RecordedSample | undefined {
    const time = this.#mediaTimes.place(unit, common)
    const sample = this.isVideo ? this.#picture(unit, time) : this.#sound(unit, time)
    if (sample) this.#hasSamples = true
    return sample
  }

  #picture(unit: AccessUnit, time: number): RecordedSample | undefined {
    if (this.#coding.kind !== 'video') return undefined
    const { coding } = this.#coding
    if (unit.isKeyFrame) coding.readFormat(unit.parts)
    const units = coding.unitsOf(unit.parts)
    if (!coding.format || units.length === 0) return undefined
    const { sortedTime, interval } = this.#decodeTimes.place(time, coding.format.reorderDepth)
    return this.#sample(unit, time, sortedTime, interval, units)
  }

  #sound(unit: AccessUnit, time: number): RecordedSample | undefined {
    const [frame] = unit.parts
    if (!frame || this.#coding.kind !== 'audio') return undefined
    const { coding } = this.#coding
    const data = coding.sampleOf(frame, time)
    if (!data) return undefined
    const duration = coding.durationOf(frame)
    return this.#sample(unit, time, time, duration, [data])
  }

  /** Creates a sample as one plain literal: spread properties cost several times as much. */
  #sample(
    { isKeyFrame, unixTimeMs }: AccessUnit,
    time: number,
    decodeTime: number,
    duration: number,
    pieces: readonly Buffer[],
  ): RecordedSample {
    this.#lastDecodeTime = Math.max(decodeTime, this.#lastDecodeTime + 1)
    const hasLengths = !this.isVideo
    let sizeBytes = hasLengths ? 0 : pieces.length * lengthBytes
    for (const { length } of pieces) sizeBytes += length
    return {
      decodeTime: this.#lastDecodeTime,
      time,
      duration,
      pieces,
      hasLengths,
      sizeBytes,
      isSync: isKeyFrame || !this.isVideo,
      unixMs: unixTimeMs,
    }
  }
}

/**
 * Tracks of a media that a recording can hold, and the tracks (`refused`) in encodings that an MP4 file cannot hold.
 */
export interface RecordedTracks {
  readonly tracks: readonly RecordedTrack[]
  readonly refused: readonly TrackInfo[]
}

/** Sorts the tracks of a media into those that a recording can hold and those that it cannot. */
export function recordedTracks(infos: readonly TrackInfo[]): RecordedTracks {
  const tracks: RecordedTrack[] = []
  const refused: TrackInfo[] = []
  for (const info of infos) {
    const coding = trackCoding(info)
    if (coding) tracks.push(new RecordedTrack(info, coding))
    else refused.push(info)
  }
  return { tracks, refused }
}
