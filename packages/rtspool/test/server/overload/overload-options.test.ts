import { describe, expect, it } from 'vitest'
import type { OverloadOptions } from '../../../src/index.js'
import { resolveOverload } from '../../../src/server/overload/overload-options.js'

describe('options of overload', () => {
  it.each<[unknown, string]>([
    [true, 'the options of overload must be an object, got boolean'],
    [{ saveabove: 0.5 }, "did you mean 'saveAbove'"],
    [{ saveAbove: 1.5 }, 'overload.saveAbove must be a number from 0 to 1, got 1.5'],
    [{ refuseAbove: 0.5 }, 'expected saveAbove, refuseAbove and shedAbove in ascending order'],
    [{ saveAbove: 1, refuseAbove: 1, shedAbove: 1 }, 'overload.saveAbove must be below 1'],
    [{ calmSeconds: -1 }, 'overload.calmSeconds must be a number of seconds'],
    [{ maxShedAtOnce: 1.5 }, 'overload.maxShedAtOnce must be an integer'],
    [{ maxLoopDelayMs: '1' }, 'overload.maxLoopDelayMs must be a number'],
    [{ maxQueuedBytes: -1 }, 'overload.maxQueuedBytes must be an integer'],
    [{ measure: 1 }, 'overload.measure must be a function, got 1'],
  ])('are refused by name and value: %o', (options, message) => {
    expect(() => resolveOverload(options as OverloadOptions)).toThrow(message)
  })

  it('have finite defaults', () => {
    const resolved = resolveOverload({})
    expect(resolved).toMatchObject({ saveAbove: 0.8, refuseAbove: 0.9, shedAbove: 0.95 })
    expect(resolved).toMatchObject({ calmMs: 5000, maxShedAtOnce: 16, maxLoopDelayMs: 2000 })
    expect(Number.isFinite(resolved?.maxQueuedBytes)).toBe(true)
    expect(resolved?.maxQueuedBytes).toBeGreaterThan(100e6)
  })

  it('are absent when the guard is off', () => {
    expect(resolveOverload(false)).toBeUndefined()
  })
})
