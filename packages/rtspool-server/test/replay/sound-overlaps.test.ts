import { describe, expect, it } from 'vitest'
import type { OpenClip } from '../../src/replay/footage-clips.js'
import type { FootageUnit } from '../../src/replay/footage-units.js'
import { SoundOverlaps } from '../../src/replay/sound-overlaps.js'

const clipOf = (...kinds: readonly string[]): OpenClip => {
  const lanes = new Map(kinds.map((kind, lane) => [lane + 1, { lane, track: { kind } }]))
  return { clip: {}, file: {}, lanes } as unknown as OpenClip
}

const unitsOf = (lane: number, fromMs: number, count: number, skippedMs = 0): FootageUnit[] =>
  Array.from({ length: count }, (_, index): FootageUnit => {
    const unixMs = fromMs + index * 20
    const marks = { isSync: true, isDiscontinuous: false, isEnd: false, isTerminal: false }
    return { lane, unixMs, sendMs: unixMs, durationMs: 20, parts: [], skippedMs, ...marks }
  })

const timesOf = (units: readonly FootageUnit[]): number[] => units.map(({ unixMs }) => unixMs)

describe('sound of two files that overlap', () => {
  it('is left out of the second file up to the end of the first', () => {
    const overlaps = new SoundOverlaps()
    const [first, second] = [clipOf('video', 'audio'), clipOf('video', 'audio')]
    expect(overlaps.without(first, unitsOf(1, 0, 5))).toHaveLength(5)
    expect(timesOf(overlaps.without(second, unitsOf(1, 60, 4)))).toEqual([100, 120])
  })

  it('counts overlaps and gaps that playback skips', () => {
    const overlaps = new SoundOverlaps()
    overlaps.without(clipOf('video', 'audio'), unitsOf(1, 0, 5))
    const second = clipOf('video', 'audio')
    expect(timesOf(overlaps.without(second, unitsOf(1, 60, 4, -20)))).toEqual([80, 100, 120])
    expect(timesOf(overlaps.without(clipOf('audio'), unitsOf(0, 5_000, 2, 900)))).toEqual([
      ...[5_000, 5_020],
    ])
  })

  it('is never left out within a file, and pictures are never left out', () => {
    const overlaps = new SoundOverlaps()
    const clip = clipOf('video', 'audio')
    overlaps.without(clip, [...unitsOf(0, 0, 5), ...unitsOf(1, 0, 5)])
    expect(overlaps.without(clip, unitsOf(1, 60, 4))).toHaveLength(4)
    expect(overlaps.without(clipOf('video', 'audio'), unitsOf(0, 20, 3))).toHaveLength(3)
  })
})
