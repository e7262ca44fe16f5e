import type { AccessUnit } from 'rtspool'
import { describe, expect, it } from 'vitest'
import { beginningWith, MediaTimes } from '../../src/codec/media-times.js'

const unit = (index: number, timestamp: number, unixTimeMs: number | undefined): AccessUnit => ({
  track: { index } as AccessUnit['track'],
  ...{ parts: [], timestamp: timestamp >>> 0, unixTimeMs, isKeyFrame: true },
  ...{ missedPackets: 0, lostPackets: 0 },
})

describe('times of a stream', () => {
  it('begin at 10 s, and place other tracks by the wall clock', () => {
    const first = unit(0, 500, 1_000_000)
    const common = beginningWith(first)
    const video = new MediaTimes(90_000, 0, true)
    const audio = new MediaTimes(48_000, 1, false)
    expect(video.place(first, common)).toBe(900_000)
    expect(audio.place(unit(1, 7, 1_000_250), common)).toBe(492_000)
    expect(video.place(unit(0, 500 + 9000, 1_000_100), common)).toBe(909_000)
    expect(audio.place(unit(1, 7 + 960, 1_000_270), common)).toBe(492_960)
  })

  it('go on where timestamps wrap around, or begin anew', () => {
    const first = unit(0, 0xffff_f000, undefined)
    const common = beginningWith(first)
    const video = new MediaTimes(90_000, 0, true)
    const places = [0xffff_f000, 0xffff_f000 + 3600, 0xffff_f000 + 7200, 5_000_000, 5_003_600]
    expect(places.map((at) => video.place(unit(0, at, undefined), common))).toEqual([
      900_000, 903_600, 907_200, 910_800, 914_400,
    ])
  })

  it('move a track that has drifted, but not for clocks that have nothing in common', () => {
    const first = unit(0, 0, 1_000_000)
    const common = beginningWith(first)
    const video = new MediaTimes(90_000, 0, true)
    const audio = new MediaTimes(1000, 1, false)
    video.place(first, common)
    expect(audio.place(unit(1, 0, 1_000_000), common)).toBe(10_000)
    expect(audio.place(unit(1, 20, 1_000_070), common)).toBe(10_020)
    expect(audio.place(unit(1, 40, 1_000_240), common)).toBe(10_240)
    expect(audio.place(unit(1, 60, 5_000_000), common)).toBe(10_260)
  })
})
