import { describe, expect, it } from 'vitest'
import { timestampDistance } from '../../../src/rtp/index.js'
import { seededRandom } from '../../rtp/random-bytes.js'
import {
  type CameraRun,
  CameraViewer,
  cameraDescription,
  runCamera,
  type SeenPacket,
  watchedCamera,
} from '../../support/returning-source.js'

const firstRun: CameraRun = {
  tracks: [
    { ssrc: 7, sequenceNumber: 65_500, timestamp: 4_294_900_000, delayMs: 10 },
    { ssrc: 8, sequenceNumber: 100, timestamp: 5_000, delayMs: 25 },
  ],
  clockAheadMs: 0,
  reports: true,
  keyFrameAfter: 0,
}

/** Returns a start of the camera with numbers of its own. */
function anyRun(random: () => number, reports = random() < 0.8): CameraRun {
  const upTo = (limit: number): number => Math.floor(random() * limit)
  const track = () => ({
    ssrc: random() < 0.2 ? 7 : upTo(2 ** 32),
    sequenceNumber: upTo(2 ** 16),
    timestamp: upTo(2 ** 32),
    delayMs: reports ? upTo(200) : upTo(20),
  })
  const clockAheadMs = [0, upTo(600) - 300, upTo(1e8) - 5e7][upTo(3)] ?? 0
  return { tracks: [track(), track()], clockAheadMs, reports, keyFrameAfter: upTo(10) }
}

/** Expects one SSRC, sequence numbers without a gap, and timestamps that never go back. */
function expectOneLine(packets: readonly SeenPacket[]): void {
  expect(new Set(packets.map(({ ssrc }) => ssrc)).size).toBe(1)
  const others = packets.filter((packet, at) => {
    const before = packets[at - 1]
    if (!before) return false
    const isNext = ((packet.sequenceNumber - before.sequenceNumber) & 0xffff) === 1
    return !isNext || timestampDistance(before.timestamp, packet.timestamp) < 0
  })
  expect(others).toEqual([])
}

/** Returns by how many milliseconds a packet is shown after its capture, from an origin that is the same for all. */
function shownAfterMs({ timestamp, capturedMs }: SeenPacket, first: SeenPacket, rate: number) {
  const wraps = Math.round(
    (capturedMs -
      first.capturedMs -
      timestampDistance(first.timestamp, timestamp) / (rate / 1000)) /
      (2 ** 32 / (rate / 1000)),
  )
  const ticks = timestampDistance(first.timestamp, timestamp) + wraps * 2 ** 32
  return ticks / (rate / 1000) - (capturedMs - first.capturedMs)
}

describe('a source that goes and returns', () => {
  const seeds = Array.from({ length: 20 }, (_, seed) => seed)
  it.each(seeds)('keeps one line of packets over any number of outages: seed %i', (seed) => {
    const random = seededRandom(seed)
    const camera = watchedCamera()
    const { clock, media, video, audio, viewer } = camera
    viewer.play(video)
    viewer.play(audio)
    runCamera(camera, { ...firstRun, reports: seed % 4 !== 0 }, 2_000)
    const [pictures = [], sounds = []] = viewer.packets
    for (let outage = 0; outage < 1 + random() * 4; outage++) {
      const before = pictures.length
      media.sourceAway()
      clock.advance(Math.floor(random() ** 3 * 59_000))
      runCamera(camera, anyRun(random), 200)
      expect(pictures).toHaveLength(before)
      expect(media.sourceBack(cameraDescription())).toBe(true)
      const run = anyRun(random)
      runCamera(camera, run, 3_000)
      expect(pictures[before]?.unitType).toBe(7)
      // All pictures since the key frame, of which each tenth has three packets.
      const count = 75 - run.keyFrameAfter + 2 * Math.ceil((75 - run.keyFrameAfter) / 10)
      expect(pictures).toHaveLength(before + count)
    }
    expectOneLine(pictures)
    expectOneLine(sounds)
    expect(viewer.reports.flatMap(({ packets }) => packets).map(({ type }) => type)).not.toContain(
      'bye',
    )
  })

  it.each(seeds.slice(0, 10))('keeps sound with its pictures: seed %i', (seed) => {
    const random = seededRandom(seed)
    const camera = watchedCamera()
    const { clock, media, video, audio, viewer } = camera
    viewer.play(video)
    viewer.play(audio)
    runCamera(camera, firstRun, 2_000)
    for (let outage = 0; outage < 4; outage++) {
      media.sourceAway()
      clock.advance(1_000 + Math.floor(random() * 20_000))
      media.sourceBack(cameraDescription())
      runCamera(camera, anyRun(random, true), 2_000)
    }
    const [[firstPicture] = [], [firstSound] = []] = viewer.packets
    if (!firstPicture || !firstSound) throw new Error('nothing was sent')
    const [pictures = [], sounds = []] = viewer.packets
    const soundAt = new Map(sounds.map((sound) => [sound.capturedMs, sound]))
    const apart: number[] = []
    const after: number[] = []
    for (const picture of pictures) {
      const sound = soundAt.get(picture.capturedMs)
      if (!sound) continue
      const afterMs = shownAfterMs(picture, firstPicture, 90_000)
      apart.push(Math.abs(afterMs - shownAfterMs(sound, firstSound, 48_000)))
      after.push(Math.abs(afterMs))
    }
    expect(Math.max(...apart)).toBeLessThan(0.1)
    // Time continues by the clock, whatever the numbers and the clock of the camera are.
    expect(Math.max(...after)).toBeLessThan(1_100)
    expect(sounds.length).toBeGreaterThan(300)
    expect(apart.length).toBeGreaterThan(50)
  })

  it.each([1_000, 2_500, 4_500])('keeps sound with pictures that come %i ms late', (delayMs) => {
    const camera = watchedCamera()
    const { clock, media, video, audio, viewer } = camera
    viewer.play(video)
    viewer.play(audio)
    runCamera(camera, firstRun, 2_000)
    media.sourceAway()
    clock.advance(8_000)
    media.sourceBack(cameraDescription())
    const [pictures = [], sounds = []] = viewer.packets
    const [firstPicture, firstSound] = [pictures[0], sounds[0]]
    const before = pictures.length
    const tracks = anyRun(seededRandom(1), true).tracks.map((track, index) => ({
      ...track,
      delayMs: index === 0 ? delayMs : 20,
    }))
    runCamera(camera, { ...firstRun, tracks, clockAheadMs: 1e6 }, 6_000)
    if (!firstPicture || !firstSound) throw new Error('nothing was sent')
    const matched = pictures.slice(before).flatMap((picture) => {
      const sound = sounds.find(({ capturedMs }) => capturedMs === picture.capturedMs)
      if (!sound) return []
      const pictureMs = shownAfterMs(picture, firstPicture, 90_000)
      return [Math.abs(pictureMs - shownAfterMs(sound, firstSound, 48_000))]
    })
    expect(matched.length).toBeGreaterThan(20)
    expect(Math.max(...matched)).toBeLessThan(0.1)
  })

  it('is reported to be alive, without BYE', async () => {
    const camera = watchedCamera()
    const { clock, media, video, viewer } = camera
    viewer.play(video)
    await media.play()
    runCamera(camera, firstRun, 10_000)
    media.sourceAway()
    const before = viewer.reports.length
    clock.advance(59_000)
    const reports = viewer.reports.slice(before)
    expect(reports.length).toBeGreaterThan(59 / 7.5)
    for (const { packets } of reports) expect(packets[1]?.type).toBe('sourceDescription')
    // A sender that has sent nothing since its last report but one is no sender (RFC 3550 section 6.4).
    const kinds = reports.map(({ packets }) => packets[0]?.type)
    expect(kinds.slice(3)).toEqual(kinds.slice(3).map(() => 'receiverReport'))
  })

  it('lets new viewers begin with its pictures after the gap only', () => {
    const camera = watchedCamera({ gopCache: { maxBytes: 1e6, maxSeconds: 10 } })
    const { clock, media, video, audio } = camera
    runCamera(camera, firstRun, 1_000)
    expect(video.recentPackets().length).toBeGreaterThan(0)
    media.sourceAway()
    const viewers = [new CameraViewer(clock)]
    viewers[0]?.play(video)
    expect([video.recentPackets(), audio.recentPackets()]).toEqual([[], []])
    expect(media.trackInfo()).toEqual([])
    clock.advance(5_000)
    media.sourceBack(cameraDescription())
    const returnedAt = clock.now()
    viewers.push(new CameraViewer(clock))
    viewers[1]?.play(video)
    runCamera(camera, { ...firstRun, keyFrameAfter: 5 }, 1_000)
    viewers.push(new CameraViewer(clock))
    viewers[2]?.play(video)
    for (const { packets } of viewers) {
      const [pictures = []] = packets
      expect(pictures[0]).toMatchObject({ unitType: 7 })
      expect(pictures[0]?.capturedMs).toBeGreaterThanOrEqual(returnedAt + 5 * 40)
      expectOneLine(pictures)
    }
    expect(media.trackInfo()).toHaveLength(2)
  })

  it('may begin with any picture after 30 s without a key frame', () => {
    const camera = watchedCamera()
    const { media, video, viewer } = camera
    viewer.play(video)
    runCamera(camera, firstRun, 400)
    media.sourceBack(cameraDescription())
    const before = viewer.packets[0]?.length ?? 0
    runCamera(camera, { ...firstRun, keyFrameAfter: -10_000.5 }, 31_000)
    const pictures = viewer.packets[0] ?? []
    expect(pictures.length - before).toBe(25)
    expectOneLine(pictures)
  })

  it('ends its media when the hold time has passed, and does not return then', () => {
    const camera = watchedCamera({ holdMs: 5_000 })
    const { clock, media } = camera
    runCamera(camera, firstRun, 400)
    media.sourceAway()
    media.sourceAway()
    expect(media.awaySince).toEqual(new Date(clock.unixTimeMs()))
    clock.advance(4_999)
    expect(media.state).not.toBe('ended')
    clock.advance(1)
    expect([media.state, media.endReason]).toEqual(['ended', 'mediaEnded'])
    expect(media.sourceBack(cameraDescription())).toBe(false)
    expect(clock.pendingTimers).toBe(0)
  })

  it('ends its media at once without a hold time', () => {
    const { media } = watchedCamera({ holdMs: 0 })
    media.sourceAway()
    expect(media.state).toBe('ended')
  })

  it('ends its media when it returns with other codecs', () => {
    const { clock, media } = watchedCamera()
    media.sourceAway()
    expect(media.sourceBack(cameraDescription('sprop-parameter-sets=Z0LAHg==,aMuMsg=='))).toBe(
      false,
    )
    expect([media.state, media.endReason]).toEqual(['ended', 'sourceChanged'])
    expect(clock.pendingTimers).toBe(0)
  })
})
