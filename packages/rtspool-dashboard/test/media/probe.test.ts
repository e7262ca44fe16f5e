import { describe, expect, it } from 'vitest'
import { keyFrameDistances, type ProbeUnit, probeChart, probeWords } from '../../src/media/probe.js'

const clockRate = 90_000
const video = { kind: 'video', clockRate }

/** Pictures each 40 ms, a key frame each ten, all on the way for the same time. */
function pictures(count: number, change: (unit: ProbeUnit, index: number) => ProbeUnit = (u) => u) {
  const units = Array.from({ length: count }, (_, index): ProbeUnit => {
    const isKeyFrame = index % 10 === 0
    return {
      ...{ track: 0, arrivedMs: index * 40, rtpTime: (index * 3600 + 2 ** 32 - 7200) % 2 ** 32 },
      ...{ sizeBytes: isKeyFrame ? 5000 : 500, isKeyFrame, lostPackets: 0 },
    }
  })
  return units.map(change)
}

describe('words about a probe', () => {
  it('tell rates, key frames and that there is no gap', () => {
    expect(probeWords(pictures(50), video, 2)).toEqual([
      '50 pictures in 2.0 s: 25.0 a second, 190 kb/s, the largest 5.0 kB.',
      'A key frame each 0.40 s.',
      'No gap: the pictures arrived evenly.',
    ])
  })

  it('tell whether the source or the way has left a gap', () => {
    const late = pictures(50, (unit, at) => ({
      ...unit,
      arrivedMs: unit.arrivedMs + (at < 25 ? 0 : 500),
    }))
    expect(probeWords(late, video, 2.5)[2]).toBe(
      'No picture for 0.54 s, from 0.96 s on: the timestamps have no gap, so something delayed them on the way.',
    )
    const left = late.map((unit, at) => ({
      ...unit,
      rtpTime: (unit.rtpTime + (at < 25 ? 0 : 45_000)) % 2 ** 32,
    }))
    expect(probeWords(left, video, 2.5)[2]).toBe(
      'No picture for 0.54 s, from 0.96 s on: the timestamps have the gap as well, so the source left it.',
    )
  })

  it('tell five gaps, and how many there are', () => {
    const gappy = pictures(80, (unit, at) => ({
      ...unit,
      arrivedMs: unit.arrivedMs + 300 * Math.floor(at / 10),
    }))
    const words = probeWords(gappy, video, 6)
    expect(words.filter((text) => text.startsWith('No picture for'))).toHaveLength(5)
    expect(words).toContain('2 more gaps.')
  })

  it('tell what is missing', () => {
    expect(probeWords([], video, 3)).toEqual(['No picture arrived within 3.0 s.'])
    const [one] = pictures(1)
    expect(probeWords(one ? [one] : [], video, 3)[1]).toBe(
      'One key frame: probe longer to see the interval.',
    )
    const lossy = pictures(20, (unit, at) => ({
      ...unit,
      isKeyFrame: false,
      lostPackets: at === 3 ? 2 : 0,
    }))
    const words = probeWords(lossy, video, 0.8)
    expect(words[1]).toMatch(/^No key frame in 0.8 s/)
    expect(words.at(-1)).toBe('2 packets were lost on the way to the server.')
  })

  it('tell nothing about key frames of sound', () => {
    const sound = pictures(50).map((unit) => ({ ...unit, isKeyFrame: true }))
    expect(probeWords(sound, { kind: 'audio', clockRate }, 2)).toHaveLength(2)
  })
})

describe('a chart of a probe', () => {
  it('has key frames apart from the other pictures', () => {
    const { places, values } = probeChart(pictures(3), true)
    expect(places).toEqual([0, 0.04, 0.08])
    expect(values).toEqual([
      [null, 500, 500],
      [5000, null, null],
    ])
    expect(probeChart(pictures(2), false).values).toEqual([[5000, 500]])
  })
})

it('measures between key frames across the end of the timestamps', () => {
  expect(keyFrameDistances(pictures(30), clockRate)).toEqual([0.4, 0.4])
})
