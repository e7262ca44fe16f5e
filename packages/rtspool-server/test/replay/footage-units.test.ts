import { describe, expect, it } from 'vitest'
import type { ReadFragment } from '../../src/replay/footage-fragments.js'
import { keyOf, startOf, unitsOf } from '../../src/replay/footage-units.js'
import type { StoredSample } from '../../src/replay/stored-samples.js'
import type { StoredTrack } from '../../src/replay/stored-tracks.js'

const startMs = Date.UTC(2026, 10, 29)
const [videoId, audioId] = [1, 2]

const track = (kind: 'video' | 'audio', clockRate: number) =>
  ({ kind, clockRate, partsOf: ({ bytes }: StoredSample) => [bytes] }) as unknown as StoredTrack

/** A fragment of a file with picture (lane 0) and sound (lane 1) that begins at `startMs`. */
const fragment = (place: Partial<ReadFragment> = {}) =>
  ({
    clip: { startMs },
    lanes: new Map([
      [videoId, { lane: 0, track: track('video', 1000) }],
      [audioId, { lane: 1, track: track('audio', 500) }],
    ]),
    isAfterGap: false,
    isBeforeGap: false,
    isLast: false,
    skippedMs: 0,
    ...place,
  }) as unknown as ReadFragment

const sample = (trackId: number, time: number, more: Partial<StoredSample> = {}) => ({
  ...{ trackId, time, decodeTime: time, duration: 40, isSync: false, bytes: Buffer.alloc(1) },
  ...more,
})

/** Three pictures, of which the second is shown last; one frame of sound in between. Times in milliseconds. */
const samples: readonly StoredSample[] = [
  sample(videoId, 0, { isSync: true }),
  sample(videoId, 80, { decodeTime: 40 }),
  sample(videoId, 40, { decodeTime: 80 }),
  sample(audioId, 30, { isSync: true }),
]

describe('units of a fragment', () => {
  it('are in the order of sending, with times on the clock of the machine', () => {
    const units = unitsOf(fragment(), samples, new Set())
    const times = units.map(({ lane, unixMs, sendMs }) => [
      lane,
      unixMs - startMs,
      sendMs - startMs,
    ])
    expect(times).toEqual([
      [0, 0, 0],
      [0, 80, 40],
      [1, 60, 60],
      [0, 40, 80],
    ])
  })

  it('leave out tracks that the description does not have', () => {
    expect(unitsOf(fragment(), [sample(3, 0)], new Set())).toEqual([])
  })

  it('begin anew after a gap: the first one of each track', () => {
    const beginnings = new Set([0, 1])
    const units = unitsOf(fragment(), samples, beginnings)
    expect(units.map(({ isDiscontinuous }) => isDiscontinuous)).toEqual([true, false, true, false])
    expect([...beginnings]).toEqual([])
  })

  it('end in front of a gap: the last one of each track within the range', () => {
    const place = { isBeforeGap: true, isLast: true, toMs: startMs + 80 }
    const ends = unitsOf(fragment(place), samples, new Set()).filter(({ isEnd }) => isEnd)
    expect(ends.map(({ lane, unixMs }) => [lane, unixMs - startMs])).toEqual([
      [1, 60],
      [0, 40],
    ])
    expect(ends.every(({ isTerminal }) => isTerminal)).toBe(true)
  })
})

describe('the beginning of a playback', () => {
  const read = fragment()
  const units = unitsOf(read, samples, new Set())

  it('is the key frame, when only key frames are played', () => {
    expect(keyOf(read, units)).toMatchObject({ lane: 0, unixMs: startMs, isSync: true })
  })

  it('is the first picture, although the wanted time is later', () => {
    expect(startOf(read, units, startMs + 70)).toBe(startMs)
  })

  it('is the sound, when the first picture is later than the wanted time', () => {
    const late = unitsOf(
      read,
      [sample(audioId, 5), sample(videoId, 100, { isSync: true })],
      new Set(),
    )
    expect(startOf(read, late, startMs)).toBe(startMs + 10)
    expect(startOf(read, late, startMs + 95)).toBe(startMs + 100)
  })
})
