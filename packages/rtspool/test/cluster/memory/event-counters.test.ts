import { describe, expect, it } from 'vitest'
import { EventCounters } from '../../../src/cluster/memory/event-counters.js'

describe('EventCounters', () => {
  const event = (key: string, count = 1) => ({ key, count, windowMs: 100 })

  it('counts within a period that starts with the first event', () => {
    const counters = new EventCounters(10)
    counters.add(event('user u'), 0)
    counters.add(event('user u', 2), 99)
    expect(counters.total('user u', 99)).toBe(3)
    expect(counters.total('user u', 100)).toBe(0)
    counters.add(event('user u'), 100)
    expect(counters.total('user u', 100)).toBe(1)
  })

  it('drops the counter that ends first when there are too many', () => {
    const counters = new EventCounters(2)
    for (const [at, key] of ['a', 'b', 'c'].entries()) counters.add(event(key), at)
    expect(['a', 'b', 'c'].map((key) => counters.total(key, 3))).toEqual([0, 1, 1])
  })

  it('drops ended counters', () => {
    const counters = new EventCounters(2)
    counters.add(event('a'), 0)
    counters.dropEnded(100)
    counters.add(event('b'), 100)
    counters.add(event('c'), 100)
    expect(counters.total('b', 100)).toBe(1)
  })
})
