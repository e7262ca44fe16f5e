import { describe, expect, it } from 'vitest'
import { LevelState, shareOfTime } from '../../../src/server/overload/pressure.js'

const limits = { saveAbove: 0.8, refuseAbove: 0.9, shedAbove: 0.95, calmMs: 5000 }

/** Notes pressures, half a second apart. @returns The levels. */
function levelsOf(pressures: readonly number[], calmMs = limits.calmMs) {
  const state = new LevelState()
  return pressures.map((value, index) => {
    state.note(value, index * 500, { ...limits, calmMs })
    return state.level
  })
}

describe('the level of a server', () => {
  it.each([
    [0, 'normal'],
    [0.8, 'normal'],
    [0.81, 'saving'],
    [0.9, 'saving'],
    [0.91, 'refusing'],
    [0.95, 'refusing'],
    [0.96, 'shedding'],
    [1, 'shedding'],
  ])('begins at once: %d is %s', (value, level) => {
    expect(levelsOf([value])).toEqual([level])
  })

  it('ends when the pressure was 0.05 below its limit for 5 s', () => {
    const calm = Array.from({ length: 10 }, () => 0.84)
    expect(levelsOf([0.91, ...calm]).at(-1)).toBe('refusing')
    expect(levelsOf([0.91, ...calm, 0.84]).at(-1)).toBe('saving')
    expect(levelsOf([0.91, ...Array.from({ length: 100 }, () => 0.86)]).at(-1)).toBe('refusing')
  })

  it('counts the calm anew after each pressure in between', () => {
    const calm = Array.from({ length: 10 }, () => 0.1)
    expect(levelsOf([0.99, ...calm, 0.93, ...calm]).at(-1)).toBe('shedding')
    expect(levelsOf([0.99, ...calm, 0.93, ...calm, 0.1]).at(-1)).toBe('normal')
  })

  it('does not flap with a heap that grows and is collected', () => {
    const sawtooth = Array.from({ length: 200 }, (_, index) => 0.5 + (index % 9) * 0.05)
    const levels = levelsOf(sawtooth)
    expect(new Set(levels.slice(9))).toEqual(new Set(['saving']))
  })

  it('ends at once without a time of calm', () => {
    expect(levelsOf([0.99, 0.7, 0.85], 0)).toEqual(['shedding', 'normal', 'saving'])
  })
})

it.each([
  [0, 1],
  [0.8, 1],
  [0.9, 0.5],
  [0.95, 0.25],
  [0.99, 0.1],
  [1, 0.1],
])('at pressure %d the share %d of a time limit is left', (value, share) => {
  expect(shareOfTime(value, limits)).toBeCloseTo(share)
})
