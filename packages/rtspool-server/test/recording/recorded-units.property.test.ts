import {
  type AccessUnit,
  createMediaDescription,
  createSessionDescription,
  MediaFactory,
  type MediaOutput,
  type MediaSource,
  RtspServer,
} from 'rtspool'
import { H264Payloader, OpusPayloader } from 'rtspool/rtp'
import { ManualClock } from 'rtspool/testing'
import { expect, it, onTestFinished } from 'vitest'
import { seededRandom } from '../../../rtspool/test/rtp/random-bytes.js'
import { fuzzRuns, fuzzSeed, fuzzTimeoutMs } from '../../../rtspool/test/support/fuzz-runs.js'
import { nextTurn, until } from '../../../rtspool/test/support/until.js'
import { processUptime } from '../../src/recording/machine-uptime.js'
import { Segmenter } from '../../src/recording/segmenter.js'
import { parameterSets } from '../codec/parameter-sets.js'
import { MemoryStore } from './support/memory-store.js'

const pictures = 120
const keyEvery = 40
const packets = { sequenceNumber: 1, maxPacketBytes: 1200 }

/** A camera with pictures of random sizes, of which some packets are lost on the way, and with sound. */
class Camera implements MediaSource {
  readonly description = createSessionDescription({ originId: 1, address: '0.0.0.0', name: 'test' })
  output: MediaOutput | undefined
  readonly #random: () => number
  readonly #video = new H264Payloader({ payloadType: 96, ssrc: 1, ...packets })
  readonly #audio = new OpusPayloader({ payloadType: 97, ssrc: 2, ...packets })
  #count = 0

  constructor(random: () => number) {
    this.#random = random
    const [video, audio] = [
      { kind: 'video', payloadType: 96, encoding: 'H264', clockRate: 90_000 },
      { kind: 'audio', payloadType: 97, encoding: 'opus', clockRate: 48_000, channels: 2 },
    ] as const
    this.description.media.push(createMediaDescription(video), createMediaDescription(audio))
  }

  start(output: MediaOutput): void {
    this.output = output
  }

  close(): void {}

  push(): void {
    const [video, audio] = this.output?.tracks ?? []
    const at = this.#count++
    const isKey = at % keyEvery === 0
    const sent = this.#video.packetize(this.#picture(isKey), at * 3600)
    sent.forEach((packet, index) => {
      // The last packet ends the picture, which would otherwise wait for the clock.
      const arrives = isKey || index === sent.length - 1 || this.#random() > 0.02
      if (arrives) video?.push(packet)
    })
    for (let frame = 2 * at; frame < 2 * at + 2; frame++) {
      const sound = this.#audio.packetize(Buffer.from([0xfc, 1, 2, frame]), frame * 960)
      for (const packet of sound) audio?.push(packet)
    }
  }

  #picture(isKey: boolean): Buffer[] {
    const sets = this.#random() < 0.3 ? parameterSets.high : parameterSets.baseline
    const slices = Array.from({ length: 1 + this.#upTo(3) }, (_, at) => {
      const slice = Buffer.alloc(2 + this.#upTo(isKey ? 90_000 : 5000), this.#upTo(256))
      slice.set([isKey ? 0x65 : 0x41, at === 0 ? 0x88 : 0x48])
      return slice
    })
    return isKey ? [...sets, ...slices] : slices
  }

  #upTo(limit: number): number {
    return Math.floor(this.#random() * limit)
  }
}

/** Records units of a media to files in memory. */
class UnitRecorder {
  readonly store = new MemoryStore()
  readonly #clock: ManualClock
  #segmenter: Segmenter | undefined
  /** Number of units so far. */
  count = 0

  constructor(clock: ManualClock) {
    this.#clock = clock
  }

  begin(tracks: Iterable<AccessUnit['track']>): void {
    this.#segmenter = new Segmenter([...tracks], {
      ...{ clock: this.#clock, uptime: processUptime(this.#clock, 'boot'), onClosed: () => {} },
      ...{ place: { recording: 'all', path: '/cam' }, endOf: (fromMs) => fromMs + 1500 },
      create: (_facts, head) => this.store.create('', `${this.store.files.size}.mp4`, head),
    })
  }

  push(unit: AccessUnit): Promise<void> | undefined {
    this.count++
    return this.#segmenter?.push(unit)
  }

  async finish(): Promise<readonly Buffer[]> {
    await this.#segmenter?.finish()
    return this.store.names.map((name) => this.store.bytesOf(name))
  }
}

it(
  'makes the same files of visited units as of units that are kept, byte for byte',
  async () => {
    for (let run = 0; run < fuzzRuns(3); run++) {
      const clock = new ManualClock(0, Date.UTC(2026, 10, 29, 12))
      const server = new RtspServer({ port: 0, host: '127.0.0.1', udpPorts: false, clock })
      onTestFinished(() => server.close())
      const camera = new Camera(seededRandom(fuzzSeed + run))
      server.mounts.add('/cam', new MediaFactory(() => camera))
      const [kept, visited] = [new UnitRecorder(clock), new UnitRecorder(clock)]
      const reading = (async () => {
        for await (const unit of server.read('/cam')) await kept.push(unit)
      })()
      const visiting = server.readEach('/cam', (unit) => visited.push(unit))
      await until(() => [...server.media][0]?.tracks[0]?.readerCount === 2)
      const [media] = server.media
      for (const recorder of [kept, visited]) recorder.begin(media?.tracks ?? [])
      for (let at = 0; at < pictures; at++) {
        camera.push()
        await nextTurn(2)
        // Both note the clock with each unit.
        await until(() => kept.count === visited.count)
        clock.advance(40)
      }
      await media?.end()
      await Promise.all([reading, visiting])
      const [files, same] = [await kept.finish(), await visited.finish()]
      expect(files.length).toBeGreaterThan(1)
      expect(same.map((file, index) => file.equals(files[index] ?? Buffer.alloc(0)))).toEqual(
        files.map(() => true),
      )
    }
  },
  fuzzTimeoutMs(),
)
