import {
  createMediaDescription,
  createSessionDescription,
  type MediaOutput,
  type MediaSource,
  type SessionDescription,
} from 'rtspool'
import { H264Payloader, OpusPayloader } from 'rtspool/rtp'
import { parameterSets } from '../../codec/parameter-sets.js'

export const keyEvery = 5
const videoTicks = 3600

/** A source of made-up pictures, each fifth a key frame, and of sound. A test pushes each of them. */
export class PictureSource implements MediaSource {
  readonly description: SessionDescription = createSessionDescription({
    ...{ originId: 1, address: '0.0.0.0', name: 'test' },
  })
  readonly #video = new H264Payloader({ payloadType: 96, ssrc: 1, sequenceNumber: 1 })
  readonly #audio = new OpusPayloader({ payloadType: 97, ssrc: 2, sequenceNumber: 1 })
  output: MediaOutput | undefined
  closeCount = 0
  failure: Error | undefined
  /** Parameter sets in front of key frames. */
  sets: readonly Buffer[] = parameterSets.baseline
  #pictures = 0
  #sounds = 0

  constructor({ video = 'H264', hasSound = false } = {}) {
    this.description.media.push(
      createMediaDescription({
        kind: 'video',
        payloadType: 96,
        encoding: video,
        clockRate: 90_000,
      }),
    )
    if (!hasSound) return
    this.description.media.push(
      createMediaDescription({
        ...{ kind: 'audio', payloadType: 97, encoding: 'opus', clockRate: 48_000, channels: 2 },
      }),
    )
  }

  start(output: MediaOutput): void {
    if (this.failure) throw this.failure
    this.output = output
  }

  close(): void {
    this.closeCount++
  }

  /** Pushes the next pictures. @param sizeBytes - Of each picture. */
  push(count: number, sizeBytes = 100): void {
    for (let index = 0; index < count; index++) {
      const isKey = this.#pictures % keyEvery === 0
      const slice = Buffer.alloc(sizeBytes, 0x11)
      slice.set([isKey ? 0x65 : 0x41, 0x88])
      const units = isKey ? [...this.sets, slice] : [slice]
      const packets = this.#video.packetize(units, this.#pictures++ * videoTicks)
      for (const packet of packets) this.output?.tracks[0]?.push(packet)
    }
  }

  /** Pushes 20 ms of sound each. */
  pushSound(count: number): void {
    for (let index = 0; index < count; index++) {
      const packet = Buffer.from([0xfc, 1, 2, 3])
      for (const each of this.#audio.packetize(packet, this.#sounds++ * 960)) {
        this.output?.tracks[1]?.push(each)
      }
    }
  }
}
