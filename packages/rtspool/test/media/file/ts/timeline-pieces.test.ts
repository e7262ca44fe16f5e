import { describe, expect, test } from 'vitest'
import { modulo, timeModulus, writeTime } from '../../../../src/media/file/ts/packet.js'
import { TimelinePieces } from '../../../../src/media/file/ts/timeline-pieces.js'

const second = 90_000
const [video, sound, subtitles] = [256, 257, 258]

/** One PES packet: a stream and its time in seconds, with a decoding time if that differs. */
type Pes = readonly [pid: number, presentation: number, decoding?: number]

function shiftsOf(packets: readonly Pes[]): { at: number; seconds: number }[] {
  const pieces = new TimelinePieces()
  for (const [index, [pid, presentation, decoding]] of packets.entries()) {
    const bytes = new Uint8Array(10)
    const ticks = (seconds: number) => modulo(Math.round(seconds * second), timeModulus)
    writeTime(bytes, 0, ticks(presentation))
    if (decoding !== undefined) writeTime(bytes, 5, ticks(decoding))
    const dtsAt = decoding === undefined ? -1 : 5
    pieces.add(index, bytes, { pid, isVideo: pid === video, ptsAt: 0, dtsAt })
  }
  return pieces.finish().map(({ firstPacket, shift }) => ({
    at: firstPacket,
    seconds: (shift > timeModulus / 2 ? shift - timeModulus : shift) / second,
  }))
}

/**
 * Pictures and sound, 25 a second, with B-frames: decoded 80 ms before the sound of the same index.
 */
function programme(from: number, seconds: number): Pes[] {
  const order = [0, 3, 1, 2]
  return Array.from({ length: seconds * 25 }, (_, index): Pes[] => {
    const shown = index - (index % 4) + (order[index % 4] ?? 0)
    return [
      [video, from + shown / 25 + 0.08, from + index / 25],
      [sound, from + index / 25 + 0.03],
    ]
  }).flat()
}

const whole = [{ at: 0, seconds: 0 }]

describe('the pieces of a timeline', { tags: 'M-G' }, () => {
  test('are one for continuous times, also across a wrap', () => {
    expect(shiftsOf(programme(1.4, 30))).toEqual(whole)
    expect(shiftsOf(programme(timeModulus / second - 7, 30))).toEqual(whole)
  })

  test.each([12, 25, 60])('are one if subtitles pause for %d s', (pause) => {
    const packets = programme(5, 130)
    for (let at = 5 + pause; at < 130; at += pause) {
      packets.splice(Math.floor((at - 5) * 50), 0, [subtitles, at])
    }
    expect(shiftsOf(packets)).toEqual(whole)
  })

  test.each([1, 4, 9])('are one if everything pauses for %d s', (pause) => {
    expect(shiftsOf([...programme(1, 4), ...programme(5 + pause, 4)])).toEqual(whole)
  })

  test('are one if pictures arrive once in 8 s', () => {
    const packets = Array.from({ length: 9 }, (_, index): Pes => [video, index * 8, index * 8])
    expect(shiftsOf(packets)).toEqual(whole)
  })

  test.each([
    { name: 'begin again', from: 1 },
    { name: 'go back', from: 2.5 },
    { name: 'jump ahead', from: 500 },
    { name: 'jump ahead by more than half of all times', from: 60_000 },
    { name: 'begin again before a wrap', from: timeModulus / second - 2 },
  ])('continue from the end if times $name', ({ from }) => {
    const before = programme(1, 4)
    const [first, second, ...others] = shiftsOf([...before, ...programme(from, 4)])
    expect([first, others]).toEqual([{ at: 0, seconds: 0 }, []])
    expect(second?.at).toBe(before.length)
    // Both streams continue; the one that ended last has no gap.
    const shift = second?.seconds ?? 0
    const wanted = 5 - from
    const difference = modulo(shift - wanted + 10, timeModulus / 90_000) - 10
    expect(Math.abs(difference)).toBeLessThan(0.09)
  })

  test('continue three times, each from the end of the previous one', () => {
    const found = shiftsOf([...programme(1, 4), ...programme(1, 4), ...programme(1, 4)])
    expect(found.map(({ seconds }) => Math.round(seconds))).toEqual([0, 4, 8])
  })

  test('continue if another stream comes first', () => {
    const [, ...after] = programme(1, 4)
    const found = shiftsOf([...programme(1, 4), ...after])
    expect(found).toHaveLength(2)
  })
})
