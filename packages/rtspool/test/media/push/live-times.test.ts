import { describe, expect, test } from 'vitest'
import { h264, l16, opus } from '../../../src/media/push/index.js'
import type { AccessUnit } from '../../../src/public/access-unit.js'
import { picture } from '../../support/nal-stream.js'
import { nextTurn } from '../../support/until.js'
import { LiveViewer, liveMedia } from './live-scene.js'

const opusPacket = (value: number) => Buffer.from([0xfc, value & 0xff, 1])
const ticksBetween = (units: readonly AccessUnit[]) =>
  units.slice(1).map(({ timestamp }, index) => (timestamp - (units[index]?.timestamp ?? 0)) | 0)

describe('times of a live media', () => {
  test.each([
    { name: 'an exact clock', ppm: 0, jitterMs: 0 },
    { name: 'a clock that is 100 ppm too fast', ppm: 100, jitterMs: 15 },
    { name: 'a clock that is 100 ppm too slow', ppm: -100, jitterMs: 15 },
  ])(
    'follow the wall clock through 10 minutes of 30 pictures a second: $name',
    async ({ ppm, jitterMs }) => {
      const { clock, live, tracks } = liveMedia({ tracks: [h264(), opus()] })
      const begin = clock.now()
      const beginUnix = clock.unixTimeMs()
      let viewer: LiveViewer | undefined
      let worstMs = 0
      let worstOffsetMs = 0
      for (let index = 0; index < 18_000; index++) {
        // The encoder counts its own seconds, which differ from ours.
        const dueMs = (index * 1000) / 30 / (1 + ppm / 1e6)
        clock.advance(
          Math.max(0, begin + dueMs + ((index * 7) % 11) * (jitterMs / 10) - clock.now()),
        )
        tracks[0].writeAccessUnit(picture('h264', index, { isKey: index % 60 === 0 }), {
          pts: 100 + index / 30,
        })
        tracks[1].writeAccessUnit(opusPacket(index), { pts: 100 + index / 30 })
        viewer ??= await LiveViewer.of(live, clock)
        if (index % 150 !== 149) continue
        await nextTurn(2)
        const [video, sound] = viewer.media.tracks
        const shownMs = (video?.unixTimeMsAt() ?? 0) - beginUnix
        worstMs = Math.max(worstMs, Math.abs(shownMs - dueMs))
        worstOffsetMs = Math.max(
          worstOffsetMs,
          Math.abs(shownMs - ((sound?.unixTimeMsAt() ?? 0) - beginUnix)),
        )
      }
      expect(worstMs).toBeLessThan(20)
      expect(worstOffsetMs).toBeLessThan(0.1)
    },
  )

  test('are within a tick of the written ones, for pictures in another order', async () => {
    const { clock, live, tracks } = liveMedia({ tracks: [h264(), opus()] })
    tracks[0].writeAccessUnit(picture('h264', 0), { pts: 1e6 })
    const viewer = await LiveViewer.of(live, clock)
    const written = [1e6]
    for (let index = 1; index < 60; index++) {
      clock.advance(1001 / 30)
      const shown = index % 3 === 0 ? index - 2 : index + 1
      const pts = 1e6 + (shown * 1001) / 30_000
      written.push(pts)
      tracks[0].writeAccessUnit(picture('h264', index, { isKey: false }), { pts })
    }
    const units = await viewer.units()
    const first = units[0]?.timestamp ?? 0
    for (const [index, { timestamp }] of units.entries()) {
      const ticks = (timestamp - first) | 0
      const expected = ((written[index] ?? 0) - 1e6) * 90_000
      expect(Math.abs(ticks - expected)).toBeLessThanOrEqual(1)
    }
    expect(units).toHaveLength(60)
  })

  test('go on when the encoder begins again, on both tracks by the same amount', async () => {
    const { clock, live, tracks } = liveMedia({ tracks: [h264(), opus()] })
    const write = (index: number, pts: number) => {
      tracks[0].writeAccessUnit(picture('h264', index), { pts })
      tracks[1].writeAccessUnit(opusPacket(index), { pts: pts + 0.01 })
    }
    write(0, 5000)
    const viewer = await LiveViewer.of(live, clock)
    for (let index = 1; index < 50; index++) {
      clock.advance(40)
      write(index, 5000 + index / 25)
    }
    clock.advance(1500)
    for (let index = 50; index < 100; index++) {
      clock.advance(40)
      write(index, (index - 50) / 25)
    }
    const units = await viewer.units()
    const [pictures, sounds] = [0, 1].map((track) =>
      units.filter((unit) => unit.track.index === track),
    ) as [AccessUnit[], AccessUnit[]]
    const steps = ticksBetween(pictures)
    expect([...new Set(steps)].sort((a, b) => a - b)).toEqual([3600, 3600 + 135_000])
    expect(steps.filter((step) => step > 3600)).toHaveLength(1)
    const offsets = pictures.map(
      ({ unixTimeMs }, index) => (sounds[index]?.unixTimeMs ?? 0) - (unixTimeMs ?? 0),
    )
    for (const offset of offsets) expect(offset).toBeCloseTo(10, 1)
  })

  test('of pictures without a time are those of writing, or follow by the frame rate', async () => {
    const { clock, live, tracks } = liveMedia({ tracks: [h264(), h264({ frameRate: 25 })] })
    for (const track of tracks) track.writeAccessUnit(picture('h264', 0))
    const viewer = await LiveViewer.of(live, clock)
    for (let index = 1; index < 20; index++) {
      clock.advance(index % 2 === 0 ? 50 : 30)
      for (const track of tracks) track.writeAccessUnit(picture('h264', index))
    }
    const units = await viewer.units()
    const stepsOf = (track: number) =>
      ticksBetween(units.filter((unit) => unit.track.index === track))
    expect(stepsOf(1)).toEqual(Array.from({ length: 19 }, () => 3600))
    for (const [index, step] of stepsOf(0).entries()) {
      expect(Math.abs(step - (index % 2 === 0 ? 2700 : 4500))).toBeLessThan(90)
    }
  })

  test('of sound without a time count samples, and begin anew after a gap', async () => {
    const { clock, live, tracks } = liveMedia({ tracks: [l16({ sampleRate: 8000 })] })
    const viewer = await LiveViewer.of(live, clock)
    const chunk = Buffer.alloc(400)
    const write = (chunks: number) => {
      for (let index = 0; index < chunks; index++) {
        tracks[0].writeAccessUnit(chunk)
        clock.advance(index % 2 === 0 ? 20 : 30)
      }
    }
    write(41)
    clock.advance(5_000)
    write(40)
    const units = await viewer.units()
    const steps = ticksBetween(units)
    const gaps = steps.filter((step) => step !== 160)
    expect(gaps).toHaveLength(1)
    expect(Math.abs((gaps[0] ?? 0) - 40_000)).toBeLessThan(1000)
    // 41 chunks of 25 ms leave 5 ms, which are sent in front of the gap.
    const sizes = units.map(({ parts }) => parts[0]?.length)
    expect(sizes.filter((size) => size !== 320)).toEqual([80])
  })

  test('a limit on what is kept empties it until the next key frame', async () => {
    const { clock, live, tracks } = liveMedia({ tracks: [h264()], gopCache: { maxSeconds: 2 } })
    const write = (index: number) => {
      tracks[0].writeAccessUnit(picture('h264', index, { isKey: index % 100 === 0 }), {
        pts: index / 25,
      })
      clock.advance(40)
    }
    for (let index = 0; index < 60; index++) write(index)
    const viewer = await LiveViewer.of(live, clock)
    expect([await viewer.units(), tracks[0].wantsKeyFrame]).toEqual([[], true])
    for (let index = 60; index < 110; index++) write(index)
    expect(await viewer.units()).toHaveLength(10)
    viewer.close()
  })
})
