import fc from 'fast-check'
import { expect, it } from 'vitest'
import { LevelState, overloadLevels } from '../../../src/server/overload/pressure.js'

const limits = { saveAbove: 0.8, refuseAbove: 0.9, shedAbove: 0.95, calmMs: 5000 }
const { saveAbove, refuseAbove, shedAbove, calmMs } = limits
const above = (value: number) =>
  [saveAbove, refuseAbove, shedAbove].filter((limit) => value > limit).length

/** The rule read off the history: a level is one that was entered, and that no calm of 5 s has ended since. */
function expectedLevel(
  history: readonly { readonly at: number; readonly value: number }[],
): number {
  let level = 0
  let calm: number[] = []
  for (const [index, { at, value }] of history.entries()) {
    const entered = above(value)
    const kept = above(value + 0.05)
    if (entered > level) level = entered
    if (kept >= level) calm = []
    else calm.push(index)
    const [first] = calm
    if (first !== undefined && at - (history[first]?.at ?? at) >= calmMs) {
      level = kept
      calm = []
    }
  }
  return level
}

it('the level of a server follows any history of pressures as its rule says', () => {
  const step = fc.record({
    value: fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0.79, 0.84, 0.93)),
    afterMs: fc.constantFrom(1, 500, 2500, 5000),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const state = new LevelState()
      const history: { at: number; value: number }[] = []
      let at = 0
      for (const { value, afterMs } of steps) {
        at += afterMs
        history.push({ at, value })
        state.note(value, at, limits)
        expect(overloadLevels.indexOf(state.level)).toBe(expectedLevel(history))
        expect(overloadLevels.indexOf(state.level)).toBeGreaterThanOrEqual(above(value))
      }
    }),
  )
})
