import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { MediaOutput, MediaSource } from '../../../src/media/media-source.js'
import { timestampDistance } from '../../../src/rtp/index.js'
import { seededRandom } from '../../rtp/random-bytes.js'
import {
  type CameraRun,
  cameraDescription,
  runCamera,
  type SeenPacket,
  sendQueued,
  watchedCamera,
} from '../../support/returning-source.js'
import { rtpPacket } from '../../support/test-server.js'
import { nextTurn } from '../../support/until.js'

/** Clip of 25 pictures and 50 frames of sound a second. Each packet holds the instant at which it is due. */
class Clip implements MediaSource {
  readonly description = cameraDescription()
  #output: MediaOutput | undefined
  #originMs = 0
  #sent = 0
  #sequenceNumber = 0

  start(output: MediaOutput): void {
    this.#output = output
    this.#originMs = output.clock.now()
    const unixMs = output.clock.unixTimeMs()
    const [video, audio] = output.tracks
    video?.mapTime(unixMs, 900_000, this.#originMs)
    audio?.mapTime(unixMs, 480_000, this.#originMs)
  }

  close(): void {
    this.#output = undefined
  }

  /** Sends all that is due by now. */
  run(): void {
    const { tracks, clock } = this.#output ?? {}
    for (; clock && this.#originMs + this.#sent * 20 <= clock.now(); this.#sent++) {
      const atMs = this.#sent * 20
      const units = atMs % 400 === 0 ? [7, 8, 5] : [1]
      for (const unit of atMs % 40 === 0 ? units : []) {
        const marker = unit === units.at(-1)
        const timestamp = 900_000 + atMs * 90
        tracks?.[0]?.push(this.#packet(atMs, { unit, timestamp, marker }))
      }
      tracks?.[1]?.push(this.#packet(atMs, { unit: 31, timestamp: 480_000 + atMs * 48 }))
    }
  }

  #packet(atMs: number, of: { unit: number; timestamp: number; marker?: boolean }): Buffer {
    const payload = Buffer.alloc(9)
    payload[0] = 0x60 | of.unit
    payload.writeDoubleBE(this.#originMs + atMs, 1)
    const sequenceNumber = this.#sequenceNumber++ & 0xffff
    return rtpPacket({ ssrc: 0x51, sequenceNumber, payload, ...of })
  }
}

interface Camera {
  readonly clockAheadMs: number
  readonly delaysMs: readonly [number, number]
  readonly reports: boolean
  readonly reportAfterMs: number
}

const upTo = (random: () => number, limit: number): number => Math.floor(random() * limit)

/** Returns a new start of a camera, with numbers of its own, whose first picture is up to `maxAgeMs` old. */
function startOf(camera: Camera, random: () => number, maxAgeMs: number): CameraRun {
  const tracks = camera.delaysMs.map((delayMs) => ({
    ssrc: upTo(random, 2 ** 32),
    sequenceNumber: upTo(random, 2 ** 16),
    timestamp: upTo(random, 2 ** 32),
    delayMs,
  }))
  return { ...camera, tracks, keyFrameAfter: 0, ageMs: upTo(random, maxAgeMs) }
}

const rates = [90_000, 48_000]

/** Returns the milliseconds by which RTP time is ahead of an instant, counted from the first packet of the track. */
function aheadMs(packets: readonly SeenPacket[], track: number, at: 'capturedMs' | 'arrivedMs') {
  const ticksPerMs = (rates[track] ?? 0) / 1000
  let rtpMs = 0
  let before = packets[0]
  return packets.map((packet) => {
    rtpMs += timestampDistance(before?.timestamp ?? 0, packet.timestamp) / ticksPerMs
    before = packet
    return rtpMs - (packet[at] - (packets[0]?.[at] ?? 0))
  })
}

interface History {
  readonly seed: number
  readonly reports: boolean
  readonly reportAfterMs?: number
  readonly maxAgeMs: number
  readonly minGapMs: number
}

/**
 * Lets three cameras and a slate follow each other, in any order and with any gaps. Returns the packets of a viewer by
 * track, and by how many milliseconds each track's wall clock then differs from that of the first camera.
 */
async function changes({ seed, reports, reportAfterMs = 0, maxAgeMs, minGapMs }: History) {
  const random = seededRandom(seed)
  const clips: Clip[] = []
  const makeClip = (): MediaSource => {
    const clip = new Clip()
    clips.push(clip)
    return clip
  }
  const hasSlate = random() < 0.7
  const camera = watchedCamera({ slate: () => (hasSlate ? makeClip : undefined) })
  const { clock, media, video, audio, viewer } = camera
  const cameras = [0, 30, 5e6].map((clockAheadMs): Camera => {
    const delaysMs = [upTo(random, 60), upTo(random, 60)] as const
    return { clockAheadMs, delaysMs, reports, reportAfterMs }
  })
  viewer.play(video)
  viewer.play(audio)
  runCamera(camera, startOf(cameras[0] as Camera, random, 1), 5_000)
  for (let change = 0; change < 12; change++) {
    media.sourceAway()
    await nextTurn(4)
    const gapMs = minGapMs + upTo(random, 2) * upTo(random, 4_000)
    for (let left = gapMs; left > 0; left -= 20) {
      clips.at(-1)?.run()
      for (const track of media.tracks) sendQueued(track)
      clock.advance(20)
    }
    expect(media.sourceBack(cameraDescription())).toBe(true)
    const next = cameras[upTo(random, 3)] as Camera
    runCamera(camera, startOf(next, random, maxAgeMs), 2_000 + upTo(random, 6_000))
  }
  const wallMs = media.tracks.map((track) => (track.unixTimeMsAt() ?? 0) - clock.unixTimeMs())
  return { packets: viewer.packets, wallMs }
}

/** Expects timestamps that never go back. */
function expectForward(packets: readonly SeenPacket[]): void {
  const back = packets.filter(
    ({ timestamp }, at) =>
      timestampDistance(packets[at - 1]?.timestamp ?? timestamp, timestamp) < 0,
  )
  expect(back).toEqual([])
}

const seeds = Array.from({ length: 12 }, (_, seed) => seed)

describe('RTP time through changes of the source', () => {
  describe.each(seeds)('with a report at each start: seed %i', (seed) => {
    let packets: SeenPacket[][] = []
    beforeAll(async () => {
      ;({ packets } = await changes({ seed, reports: true, maxAgeMs: 1_500, minGapMs: 40 }))
    })
    afterAll(() => {
      packets = []
    })

    it('stays in step with the clock and never goes back', () => {
      for (const [track, all] of packets.entries()) {
        expectForward(all)
        // Clocks of cameras may differ by 30 ms, deliveries by 60 ms; a picture of the slate lasts 40 ms.
        expect(Math.max(...aheadMs(all, track, 'arrivedMs'))).toBeLessThan(160)
        const late = aheadMs(all, track, 'capturedMs').filter((ms) => ms < -160)
        expect(late).toEqual([])
      }
    })

    it('keeps sound with its pictures', () => {
      const [pictures = [], sounds = []] = packets
      const [picturesMs, soundsMs] = [
        aheadMs(pictures, 0, 'capturedMs'),
        aheadMs(sounds, 1, 'capturedMs'),
      ]
      const soundAt = new Map(
        sounds.map(({ capturedMs }, index) => [capturedMs, soundsMs[index] ?? 0]),
      )
      // The first pictures of a source, which are late, have smaller steps.
      const shown = [...pictures.entries()].filter(
        ([, { unitType }]) => unitType === 1 || unitType === 5,
      )
      const stepTo = (place: number): number =>
        timestampDistance(shown[place - 1]?.[1].timestamp ?? 0, shown[place]?.[1].timestamp ?? 0)
      const timely = shown.filter((_, at) => stepTo(at) === 3_600 && stepTo(at + 1) === 3_600)
      const apart = timely.flatMap(([index, { capturedMs }]) => {
        const soundMs = soundAt.get(capturedMs)
        return soundMs === undefined ? [] : [Math.abs((picturesMs[index] ?? 0) - soundMs)]
      })
      expect(apart.length).toBeGreaterThan(500)
      expect(apart.filter((ms) => ms > 40)).toEqual([])
    })
  })

  it.each(seeds)(
    'without reports, is ahead by no more than one late picture: seed %i',
    async (seed) => {
      const { packets } = await changes({ seed, reports: false, maxAgeMs: 400, minGapMs: 400 })
      for (const [track, all] of packets.entries()) {
        expect(Math.max(...aheadMs(all, track, 'arrivedMs'))).toBeLessThan(600)
      }
    },
  )

  it.each([
    ...seeds.map((seed) => ({ seed, reportAfterMs: 500, maxAgeMs: 400 })),
    ...seeds.map((seed) => ({ seed, reportAfterMs: 1_500, maxAgeMs: 1_200 })),
  ])(
    'with reports $reportAfterMs ms after the first packet, is ahead by no more than one late picture: seed $seed',
    async ({ seed, reportAfterMs, maxAgeMs }) => {
      const history = { seed, reports: true, reportAfterMs, maxAgeMs, minGapMs: maxAgeMs }
      const { packets, wallMs } = await changes(history)
      for (const [track, all] of packets.entries()) {
        expectForward(all)
        expect(Math.max(...aheadMs(all, track, 'arrivedMs'))).toBeLessThan(maxAgeMs + 160)
        expect(Math.min(...aheadMs(all, track, 'capturedMs'))).toBeGreaterThan(-160)
        // Viewers see the clock of the first camera. A track without a trusted report yet follows its late picture.
        expect(Math.abs(wallMs[track] ?? 0)).toBeLessThan(maxAgeMs + 160)
      }
    },
  )
})
