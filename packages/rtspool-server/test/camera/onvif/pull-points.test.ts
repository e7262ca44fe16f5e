import { ManualClock } from 'rtspool/testing'
import { describe, expect, it } from 'vitest'
import { nextMotion } from '../../../src/camera/onvif/motion.js'
import { maxPullPoints, PullPoint, PullPoints } from '../../../src/camera/onvif/pull-points.js'

const motion = { seconds: 5, atSeconds: 10 }
const oneSecond = { lifetimeMs: 1000, isFixed: false }
const { signal } = new AbortController()

describe('nextMotion', () => {
  it('begins motion after each rest, and ends it', () => {
    const changes = [nextMotion(motion, 0)]
    for (let at = 0; at < 3; at++) changes.push(nextMotion(motion, changes.at(-1)?.atMs ?? 0))
    expect(changes).toEqual([
      { atMs: 10_000, isMoving: true },
      { atMs: 15_000, isMoving: false },
      { atMs: 25_000, isMoving: true },
      { atMs: 30_000, isMoving: false },
    ])
  })
})

describe('PullPoint', () => {
  function startedPoint() {
    const clock = new ManualClock()
    return { clock, point: new PullPoint(clock, motion, { lifetimeMs: 60_000, isFixed: false }) }
  }

  it('tells the present state first, then waits for a change', async () => {
    const { clock, point } = startedPoint()
    expect(await point.pull(5000, 10, signal)).toEqual([
      { atMs: 0, isMoving: false, isFirst: true },
    ])
    const pulled = point.pull(20_000, 10, signal)
    clock.advance(9999)
    expect(clock.pendingTimers).toBe(1)
    clock.advance(1)
    expect(await pulled).toEqual([{ atMs: 10_000, isMoving: true, isFirst: false }])
    expect(clock.pendingTimers).toBe(0)
  })

  it('comes back without messages after its time', async () => {
    const { clock, point } = startedPoint()
    await point.pull(0, 10, signal)
    const pulled = point.pull(5000, 10, signal)
    clock.advance(5000)
    expect(await pulled).toEqual([])
  })

  it('keeps changes for a client that pulls late, up to the limit that it names', async () => {
    const { clock, point } = startedPoint()
    await point.pull(0, 10, signal)
    clock.advance(25_000)
    const first = await point.pull(5000, 2, signal)
    expect(first.map(({ atMs }) => atMs)).toEqual([10_000, 15_000])
    const second = await point.pull(5000, 2, signal)
    expect(second.map(({ atMs }) => atMs)).toEqual([25_000])
  })

  it('keeps no more than a hundred changes', async () => {
    const { clock, point } = startedPoint()
    await point.pull(0, 10, signal)
    clock.advance(15_000 * 1000)
    const kept = await point.pull(0, 1000, signal)
    expect(kept.length).toBe(100)
    expect(kept.at(-1)?.atMs).toBe(15_000 * 1000)
  })

  it('repeats the present state when it is asked to, and so ends a wait', async () => {
    const { clock, point } = startedPoint()
    await point.pull(0, 10, signal)
    clock.advance(12_000)
    await point.pull(0, 10, signal)
    const pulled = point.pull(60_000, 10, signal)
    point.repeatState()
    expect(await pulled).toEqual([{ atMs: 12_000, isMoving: true, isFirst: true }])
    expect(clock.pendingTimers).toBe(0)
  })

  it('gives nothing to a client that has left, and keeps it for the next', async () => {
    const { clock, point } = startedPoint()
    const left = new AbortController()
    await point.pull(0, 10, signal)
    const pulled = point.pull(60_000, 10, left.signal)
    left.abort()
    expect(await pulled).toEqual([])
    expect(clock.pendingTimers).toBe(0)
    clock.advance(10_000)
    expect(await point.pull(0, 10, signal)).toHaveLength(1)
  })
})

describe('PullPoints', () => {
  it('removes those that nobody renews', () => {
    const clock = new ManualClock()
    const points = new PullPoints(clock)
    const point = points.create(motion, oneSecond)
    clock.advance(999)
    expect(points.find(point?.id ?? '')).toBe(point)
    point?.renew(oneSecond)
    clock.advance(999)
    expect(points.find(point?.id ?? '')).toBe(point)
    clock.advance(1)
    expect(points.find(point?.id ?? '')).toBeUndefined()
  })

  it('keeps one that is pulled, and counts its life from the end of a wait', async () => {
    const clock = new ManualClock()
    const points = new PullPoints(clock)
    const point = points.create(motion, oneSecond)
    clock.advance(999)
    await point?.pull(0, 1, signal)
    clock.advance(999)
    expect(points.find(point?.id ?? '')).toBe(point)
    const pulled = point?.pull(5000, 1, signal)
    clock.advance(4999)
    expect(points.find(point?.id ?? '')).toBe(point)
    clock.advance(1)
    await pulled
    expect(point?.expiresUnixMs).toBe(clock.unixTimeMs() + 1000)
    clock.advance(1000)
    expect(points.find(point?.id ?? '')).toBeUndefined()
  })

  it('removes one at the point in time that its client has named, and ends its wait', async () => {
    const clock = new ManualClock()
    const points = new PullPoints(clock)
    const point = points.create(motion, { ...oneSecond, isFixed: true })
    await point?.pull(0, 1, signal)
    const pulled = point?.pull(5000, 1, signal)
    clock.advance(1000)
    expect(points.find(point?.id ?? '')).toBeUndefined()
    expect(await pulled).toEqual([])
    expect(clock.pendingTimers).toBe(0)
  })

  it('has a limit, which expired ones do not count towards', () => {
    const clock = new ManualClock()
    const points = new PullPoints(clock)
    for (let at = 0; at < maxPullPoints; at++)
      expect(points.create(motion, oneSecond)).toBeDefined()
    expect(points.create(motion, oneSecond)).toBeUndefined()
    clock.advance(1000)
    expect(points.create(motion, oneSecond)).toBeDefined()
  })

  it('ends all waits when it closes', async () => {
    const clock = new ManualClock()
    const points = new PullPoints(clock)
    const point = points.create(motion, oneSecond)
    await point?.pull(0, 1, signal)
    const pulled = point?.pull(60_000, 1, signal)
    points.close()
    expect(await pulled).toEqual([])
    expect(clock.pendingTimers).toBe(0)
  })
})
