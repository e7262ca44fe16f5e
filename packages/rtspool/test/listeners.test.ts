import { describe, expect, it } from 'vitest'
import { TellOnce, TellSometimes } from '../src/listeners.js'

describe('TellOnce', () => {
  it('lets the first message of each kind through', () => {
    const once = new TellOnce()
    expect(['a', 'b', 'a', 'b', 'c'].map((kind) => once.isFirst(kind))).toEqual([
      true,
      true,
      false,
      false,
      true,
    ])
  })
})

describe('TellSometimes', () => {
  it('lets one message in 10 s through, with the number of those between', () => {
    const sometimes = new TellSometimes()
    const at = [0, 1, 9_999, 10_000, 10_001, 30_000, 50_000]
    expect(at.map((now) => sometimes.note(now))).toEqual([1, 0, 0, 3, 0, 2, 1])
  })
})
