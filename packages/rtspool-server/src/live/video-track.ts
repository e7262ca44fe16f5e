import type { AccessUnit, TrackInfo } from 'rtspool'
import { DecodeTimes } from '../codec/decode-times.js'
import { type CommonInstant, MediaTimes } from '../codec/media-times.js'
import type { VideoCoding } from '../codec/video-coding.js'
import { fragmentBytes, type Sample, writeFragment } from '../fmp4/fragment.js'
import type { TrackFormat } from '../fmp4/track-format.js'
import type { LiveFragment, LiveTrack } from './live-track.js'
import { openFrame } from './websocket-frame.js'

/** Builds one MP4 fragment of each picture of a video track. */
export class VideoTrack implements LiveTrack {
  readonly id: number
  readonly info: TrackInfo
  readonly #coding: VideoCoding
  readonly #mediaTimes: MediaTimes
  readonly #decodeTimes: DecodeTimes
  #sequenceNumber = 0

  constructor(info: TrackInfo, id: number, coding: VideoCoding) {
    this.info = info
    this.id = id
    this.#coding = coding
    this.#mediaTimes = new MediaTimes(info.clockRate, info.index, true)
    this.#decodeTimes = new DecodeTimes(info.clockRate)
  }

  get format(): TrackFormat | undefined {
    return this.#coding.format
  }

  push(unit: AccessUnit, common: CommonInstant): LiveFragment | undefined {
    const format = unit.isKeyFrame ? this.#coding.readFormat(unit.parts) : undefined
    const pieces = this.#coding.piecesOf(unit.parts)
    if (!this.format || pieces.length === 0) return undefined
    const time = this.#mediaTimes.place(unit, common)
    const { decodeTime, duration } = this.#decodeTimes.place(time, this.format.reorderDepth)
    const sample: Sample = {
      pieces,
      sizeBytes: pieces.reduce((sum, piece) => sum + piece.length, 0),
      duration,
      compositionOffset: time - decodeTime,
      isSync: unit.isKeyFrame,
    }
    const runs = [{ trackId: 1, decodeTime, samples: [sample] }]
    const { frame, contentOffset } = openFrame(this.id, fragmentBytes(runs))
    writeFragment(frame, contentOffset, ++this.#sequenceNumber, runs)
    return { frame, isEntry: unit.isKeyFrame, format }
  }

  /** Returns no fragment, because a video track sends each picture at once. */
  finish(): undefined {}
}
