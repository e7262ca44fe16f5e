import type { AccessUnit, TrackInfo } from 'rtspool'
import type { AudioCoding } from '../codec/audio-format.js'
import { type CommonInstant, MediaTimes } from '../codec/media-times.js'
import { fragmentBytes, type Sample, writeFragment } from '../fmp4/fragment.js'
import type { TrackFormat } from '../fmp4/track-format.js'
import type { LiveFragment, LiveTrack } from './live-track.js'
import { openFrame } from './websocket-frame.js'

/**
 * Milliseconds of sound in one MP4 fragment. It is short enough for little delay, and long enough
 * that the boxes around it add few bytes.
 */
const fragmentMs = 60
/** Maximum number of audio frames in one fragment. */
const maxFrames = 16

/** Builds MP4 fragments of about 60 ms of sound from the frames of one track. */
export class AudioTrack implements LiveTrack {
  readonly id: number
  readonly info: TrackInfo
  readonly #coding: AudioCoding
  readonly #mediaTimes: MediaTimes
  readonly #fragmentTicks: number
  #samples: Sample[] = []
  /**
   * Time of the first sample that is in no fragment yet, in ticks of the track. `#end` is the end of the last such
   * sample.
   */
  #begin = 0
  #end = 0
  #sequenceNumber = 0

  constructor(info: TrackInfo, id: number, coding: AudioCoding) {
    this.info = info
    this.id = id
    this.#coding = coding
    this.#mediaTimes = new MediaTimes(info.clockRate, info.index, false)
    this.#fragmentTicks = (info.clockRate * fragmentMs) / 1000
  }

  get format(): TrackFormat {
    return this.#coding.format
  }

  push(unit: AccessUnit, common: CommonInstant): LiveFragment | undefined {
    const [frame] = unit.parts
    if (!frame) return undefined
    const time = this.#mediaTimes.place(unit, common)
    const data = this.#coding.sampleOf(frame, time)
    if (!data) return undefined
    const duration = this.#coding.durationOf(frame)
    // A fragment cannot contain a gap: the samples before the gap become a fragment of their own
    // now.
    const before = this.#isGap(time, duration) ? this.finish() : undefined
    if (this.#samples.length === 0) this.#begin = this.#end = time
    this.#samples.push({
      ...{ pieces: [data], sizeBytes: data.length, isSync: true, compositionOffset: 0 },
      duration,
    })
    this.#end += duration
    if (before) return before
    const isFull = this.#end - this.#begin >= this.#fragmentTicks
    return isFull || this.#samples.length >= maxFrames ? this.finish() : undefined
  }

  finish(): LiveFragment | undefined {
    const samples = this.#samples
    if (samples.length === 0) return undefined
    this.#samples = []
    const runs = [{ trackId: 1, decodeTime: this.#begin, samples }]
    const { frame, contentOffset } = openFrame(this.id, fragmentBytes(runs))
    writeFragment(frame, contentOffset, ++this.#sequenceNumber, runs)
    return { frame, isEntry: true, format: undefined }
  }

  /**
   * Returns whether sound is missing before a frame, or overlaps it. A difference of less than half
   * a frame is rounding, and is ignored.
   */
  #isGap(time: number, duration: number): boolean {
    return this.#samples.length > 0 && Math.abs(time - this.#end) > duration / 2
  }
}
