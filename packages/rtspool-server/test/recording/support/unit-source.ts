import { type AccessUnit, createMediaDescription, type TrackInfo } from 'rtspool'
import { parameterSets } from '../../codec/parameter-sets.js'

const descriptions = {
  video: { kind: 'video', payloadType: 96, encoding: 'H264', clockRate: 90_000 },
  opus: { kind: 'audio', payloadType: 97, encoding: 'opus', clockRate: 48_000, channels: 2 },
  pcmu: { kind: 'audio', payloadType: 0, encoding: 'PCMU', clockRate: 8000 },
  jpeg: { kind: 'video', payloadType: 26, encoding: 'JPEG', clockRate: 90_000 },
} as const

/** Returns a track as a media has it. */
export function trackOf(name: keyof typeof descriptions, index: number): TrackInfo {
  const options = descriptions[name]
  const description = createMediaDescription(options)
  return { index, description, clockRate: options.clockRate } as unknown as TrackInfo
}

/** Makes access units of one track: 25 pictures or 50 frames of sound a second. */
export class UnitSource {
  readonly track: TrackInfo
  /** Parameter sets in front of key frames. */
  sets: readonly Buffer[] = parameterSets.baseline
  /** Wall clock of the source at timestamp 0. */
  epochMs: number
  timestamp: number
  readonly #keyEvery: number
  readonly #sliceBytes: number
  #count = 0

  constructor(
    track: TrackInfo,
    epochMs: number,
    { keyEvery = 25, timestamp = 0, sliceBytes = 100 } = {},
  ) {
    this.track = track
    this.epochMs = epochMs
    this.#keyEvery = keyEvery
    this.#sliceBytes = sliceBytes
    this.timestamp = timestamp
  }

  /** Seconds of the next unit. */
  get seconds(): number {
    return this.timestamp / this.track.clockRate
  }

  next(): AccessUnit {
    const { track, timestamp } = this
    const isVideo = track.description.kind === 'video'
    const isKeyFrame = !isVideo || this.#count % this.#keyEvery === 0
    this.#count++
    const unixTimeMs = this.epochMs + this.seconds * 1000
    this.timestamp = (timestamp + track.clockRate / (isVideo ? 25 : 50)) % 2 ** 32
    const parts = isVideo ? this.#picture(isKeyFrame) : [this.#sound()]
    return { track, parts, timestamp, unixTimeMs, isKeyFrame, missedPackets: 0, lostPackets: 0 }
  }

  #picture(isKeyFrame: boolean): Buffer[] {
    const slice = Buffer.alloc(this.#sliceBytes, this.#count)
    slice.set([isKeyFrame ? 0x65 : 0x41, 0x88])
    return isKeyFrame ? [...this.sets, slice] : [slice]
  }

  #sound(): Buffer {
    return this.track.clockRate === 8000 ? Buffer.alloc(160, 0xff) : Buffer.from([0xfc, 1, 2, 3])
  }
}
