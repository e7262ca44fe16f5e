import { describe, expect, it } from 'vitest'
import { Media } from '../../../src/media/media.js'
import type { Track } from '../../../src/media/track/track.js'
import { timestampDistance, timestampOf } from '../../../src/rtp/index.js'
import { createMediaDescription, createSessionDescription } from '../../../src/sdp/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { seededRandom } from '../../rtp/random-bytes.js'
import { closeAfterTest } from '../../support/open-things.js'
import { rtpPacket } from '../../support/test-server.js'
import { TestSource } from '../../support/test-source.js'
import { timedPublisher } from '../../support/timed-publisher.js'

const videoRate = 90_000

interface Scenario {
  readonly name: string
  readonly encoding?: 'H264' | 'H265'
  /** Of sound. */
  readonly clockRate: number
  readonly samplesPerPacket: number
  readonly fps: number
  readonly framesPerGop: number
  /** Seconds of media, sent at once. */
  readonly burstSeconds: number
  /** Frames of which the packets come before the sound that belongs to them. */
  readonly framesAhead?: number
  readonly audioFirst?: boolean
  readonly sendsReports?: boolean
  /** Seconds in real time after the burst, each packet late by up to so many milliseconds. */
  readonly liveSeconds?: number
  readonly jitterMs?: number
}

const keyFrames = { H264: [0x65, 0x88], H265: [0x26, 0x01, 0xaf] }
const pictures = { H264: [0x41, 0x9a], H265: [0x02, 0x01, 0xd0] }

/** Builds a media, and sends what a publisher sends in a burst and then live. */
class BurstPublisher {
  readonly clock = new ManualClock()
  readonly media: Media
  readonly #scenario: Scenario
  readonly #random: () => number
  readonly #sequenceNumbers = [0, 0]
  readonly #firstTimestamps: readonly number[]
  #frame = 0
  #samples = 0

  constructor(scenario: Scenario, seed: number) {
    this.#scenario = scenario
    this.#random = seededRandom(seed)
    this.#firstTimestamps = [0, 1].map(() => Math.floor(this.#random() * 2 ** 32))
    const { encoding = 'H264', clockRate, sendsReports = false } = scenario
    const description = createSessionDescription({
      originId: 1,
      address: '127.0.0.1',
      name: 'test',
    })
    description.media.push(
      createMediaDescription({ kind: 'video', payloadType: 96, encoding, clockRate: videoRate }),
      createMediaDescription({ kind: 'audio', payloadType: 97, encoding: 'L16', clockRate }),
    )
    const source = Object.assign(new TestSource(), { description, sendsReports })
    this.media = new Media('/cam', source, {
      clock: this.clock,
      lingerMs: Number.POSITIVE_INFINITY,
      gopCache: { maxBytes: 10_000_000, maxSeconds: 60 },
    })
    closeAfterTest({ close: () => this.media.end() })
  }

  get tracks(): readonly [Track, Track] {
    return this.media.tracks as unknown as readonly [Track, Track]
  }

  get #mediaSeconds(): number {
    return this.#frame / this.#scenario.fps
  }

  async burst(): Promise<void> {
    await this.media.play()
    while (this.#mediaSeconds < this.#scenario.burstSeconds) this.#sendFrame(0.4)
  }

  live(): void {
    const { fps, burstSeconds, liveSeconds = 0, jitterMs = 0 } = this.#scenario
    while (this.#mediaSeconds < burstSeconds + liveSeconds) {
      const delayMs = this.#random() * jitterMs
      this.clock.advance(delayMs)
      this.#sendFrame(0)
      this.clock.advance(1000 / fps - delayMs)
    }
  }

  /** The picture that RTP-Info names, beside the one that the viewer begins with; ticks. */
  deviation(): { ticks: number; soundTicks: number } {
    const first = new Map(this.tracks.map((track) => [track, track.recentPackets()]))
    const [video, audio] = this.media.trackInfo(first)
    const timestampOfFirst = (track: Track): number => {
      const packet = first.get(track)?.[0]
      if (!packet) throw new Error('nothing to begin with')
      return timestampOf(packet)
    }
    return {
      ticks: timestampDistance(video?.rtpTime ?? 0, timestampOfFirst(this.tracks[0])),
      soundTicks: timestampDistance(audio?.rtpTime ?? 0, timestampOfFirst(this.tracks[1])),
    }
  }

  /** @param apartMs - Up to so much time passes between two packets. */
  #sendFrame(apartMs: number): void {
    const { encoding = 'H264', fps, framesPerGop, framesAhead = 0, audioFirst } = this.#scenario
    const { clockRate, samplesPerPacket } = this.#scenario
    const isKey = this.#frame % framesPerGop === 0
    const sendVideo = (): void => {
      const payload = Buffer.from((isKey ? keyFrames : pictures)[encoding])
      this.#push(0, (this.#frame * videoRate) / fps, payload, apartMs)
    }
    if (!audioFirst) sendVideo()
    this.#frame++
    const until = ((this.#frame - (this.#frame % (framesAhead + 1))) / fps) * clockRate
    for (; this.#samples < until; this.#samples += samplesPerPacket) {
      this.#push(1, this.#samples, Buffer.alloc(4), apartMs)
    }
    if (!audioFirst) return
    this.#frame--
    sendVideo()
    this.#frame++
  }

  #push(index: 0 | 1, ticks: number, payload: Buffer, apartMs: number): void {
    this.clock.advance(this.#random() * apartMs)
    const sequenceNumber = this.#sequenceNumbers[index] ?? 0
    this.#sequenceNumbers[index] = (sequenceNumber + 1) & 0xffff
    const timestamp = Math.round((this.#firstTimestamps[index] ?? 0) + ticks) % 2 ** 32
    const payloadType = index === 0 ? 96 : 97
    const ssrc = index + 1
    const marker = true
    this.tracks[index].push(
      rtpPacket({ sequenceNumber, timestamp, ssrc, payloadType, marker, payload }),
    )
  }
}

const aac = { clockRate: 44_100, samplesPerPacket: 1024 }
const opus = { clockRate: 48_000, samplesPerPacket: 960 }
const pcm = { clockRate: 8_000, samplesPerPacket: 160 }

describe('tracks of a burst are timed alike', { tags: ['M-E', 'A-INF-1'] }, () => {
  it.each<Scenario>([
    { name: 'Opus, a second', ...opus, fps: 25, framesPerGop: 10, burstSeconds: 1 },
    { name: 'PCM, three seconds', ...pcm, fps: 30, framesPerGop: 60, burstSeconds: 3 },
    { name: 'AAC, five seconds', ...aac, fps: 50, framesPerGop: 125, burstSeconds: 5 },
    {
      name: 'H.265 of 12.5 pictures a second',
      ...{ ...pcm, encoding: 'H265', fps: 12.5, framesPerGop: 25, burstSeconds: 4 },
    },
    {
      name: 'sound a quarter of a second behind the pictures',
      ...{ ...opus, fps: 25, framesPerGop: 15, burstSeconds: 2, framesAhead: 6 },
    },
    {
      name: 'sound in front of each picture',
      ...{ ...aac, fps: 25, framesPerGop: 10, burstSeconds: 1, audioFirst: true },
    },
    {
      name: 'a publisher whose reports are still to come',
      ...{ ...opus, fps: 25, framesPerGop: 10, burstSeconds: 2, sendsReports: true },
    },
  ])('$name: RTP-Info names the first picture', async (scenario) => {
    for (let seed = 1; seed <= 20; seed++) {
      const publisher = new BurstPublisher(scenario, seed)
      await publisher.burst()
      const { ticks, soundTicks } = publisher.deviation()
      expect(ticks, `seed ${seed}`).toBe(0)
      expect(soundTicks, `seed ${seed}`).toBeGreaterThanOrEqual(0)
    }
  })

  it('live packets after a burst, late by up to 30 ms, keep the tracks together', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const publisher = new BurstPublisher(
        {
          name: '',
          ...opus,
          fps: 25,
          framesPerGop: 25,
          burstSeconds: 1,
          liveSeconds: 20,
          jitterMs: 30,
        },
        seed,
      )
      await publisher.burst()
      publisher.live()
      // Each line follows its own earliest packets slowly: by less than one packet of sound.
      expect(Math.abs(publisher.deviation().ticks), `seed ${seed}`).toBeLessThan(20 * 90)
    }
  })
})

describe('the lead of a source that sends ahead', { tags: 'M-E' }, () => {
  /** Milliseconds by which sound is timed after the pictures of the same instant of the media. */
  const apartMs = ({ video, audio }: ReturnType<typeof timedPublisher>, seconds: number): number =>
    (audio.track.unixTimeMsAt(Math.round(seconds * 8_000)) ?? Number.NaN) -
    (video.track.unixTimeMsAt(Math.round(seconds * videoRate)) ?? Number.NaN)

  it('reading the time without announcing it does not slow the mapping down', () => {
    const timed = timedPublisher({ awaitsReport: false })
    for (let frame = 0; frame <= 50; frame++) {
      timed.video.send(frame * 3600)
      expect(timed.video.track.unixTimeMsAt(frame * 3600)).toBeCloseTo(timed.clock.unixTimeMs(), 1)
      timed.clock.advance(0.1)
    }
  })

  it.each([true, false])('tracks stay together in a burst that viewers watch: %s', (isWatched) => {
    const timed = timedPublisher({ awaitsReport: false })
    for (let frame = 0; frame <= 100; frame++) {
      timed.video.send(frame * 3600)
      timed.clock.advance(0.2)
      // Packets of 120 ms, between those of the pictures.
      if (frame % 3 === 0) timed.audio.send(frame * 320)
      if (isWatched && frame % 7 === 0) timed.video.report()
      if (isWatched && frame % 11 === 0) timed.audio.report()
      expect(apartMs(timed, frame / 25)).toBeCloseTo(0.2, 2)
    }
  })

  it('a jump ahead of both tracks by less than 2 s keeps the tracks together at once', () => {
    const timed = timedPublisher({ awaitsReport: false })
    for (let frame = 0; frame <= 300; frame++) {
      const seconds = frame / 25 + (frame >= 150 ? 0.7 : 0)
      timed.video.send(seconds * videoRate)
      timed.audio.send(seconds * 8_000)
      if (frame % 25 === 0) timed.video.report()
      if (frame % 25 === 0) timed.audio.report()
      expect(Math.abs(apartMs(timed, seconds))).toBeLessThan(1)
      timed.clock.advance(40)
    }
  })

  it('sound that begins later, with a burst, moves alone when viewers know the time', () => {
    const timed = timedPublisher({ awaitsReport: false })
    const { video, audio, clock } = timed
    const before: number[] = []
    for (let frame = 0; frame <= 300; frame++) {
      video.send(frame * 3600)
      if (frame === 140) video.report()
      if (frame === 150) {
        for (let packet = 0; packet < 50; packet++) audio.send(packet * 160)
      } else if (frame > 150) audio.send((49 + 2 * (frame - 150)) * 160)
      before.push((video.track.unixTimeMsAt(frame * 3600) ?? Number.NaN) - clock.unixTimeMs())
      clock.advance(40)
    }
    expect(Math.max(...before.map(Math.abs))).toBeLessThan(1)
    // The newest sound is that of the present.
    const newest = audio.track.unixTimeMsAt((49 + 300) * 160) ?? Number.NaN
    expect(Math.abs(newest - (clock.unixTimeMs() - 40))).toBeLessThan(1)
  })
})
