import { EventEmitter } from 'node:events'
import { ManualClock } from 'rtspool/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type RecordingPlan, recordingDefaults } from '../../../src/recording/recording-plan.js'
import { MotionCondition } from '../../../src/recording/rules/motion-condition.js'

class Feed extends EventEmitter<{ changed: [path: string, isMoving: boolean] }> {
  readonly movingPaths = new Set<string>()

  note(path: string, isMoving: boolean): void {
    this.emit('changed', path, isMoving)
  }
}

function scene(more: Partial<RecordingPlan> = {}, ...moving: readonly string[]) {
  const plan = { ...recordingDefaults, name: 'all', path: '/live/*', folder: '/disk', ...more }
  const [clock, feed, changes] = [new ManualClock(), new Feed(), [] as boolean[]]
  for (const path of moving) feed.movingPaths.add(path)
  const condition = new MotionCondition(plan, feed, clock, () => {
    changes.push(condition.holds('/live/a'))
  })
  onTestFinished(() => {
    condition.close()
    expect([clock.pendingTimers, feed.listenerCount('changed')]).toEqual([0, 0])
  })
  return { clock, feed, condition, changes }
}

describe('the condition motion of a recording', () => {
  it('holds from the beginning of a motion until some seconds after its end', () => {
    const { clock, feed, condition, changes } = scene({ keepSeconds: 10 })
    feed.note('/live/a', true)
    expect([condition.holds('/live/a'), condition.holds('/live/b'), changes]).toEqual([
      ...[true, false, [true]],
    ])
    clock.advance(60_000)
    feed.note('/live/a', false)
    clock.advance(9_999)
    expect([condition.holds('/live/a'), changes]).toEqual([true, [true]])
    clock.advance(1)
    expect([condition.holds('/live/a'), changes]).toEqual([false, [true, false]])
  })

  it('goes on when something moves again within these seconds', () => {
    const { clock, feed, condition, changes } = scene({ keepSeconds: 10 })
    feed.note('/live/a', true)
    feed.note('/live/a', false)
    clock.advance(9_000)
    feed.note('/live/a', true)
    clock.advance(60_000)
    expect([condition.holds('/live/a'), changes]).toEqual([true, [true]])
  })

  it('follows the cameras of another path, until none of them sees motion', () => {
    const { feed, condition, changes } = scene({ keepSeconds: 0, whenPath: '/doors/*' })
    for (const path of ['/live/a', '/doors/1', '/doors/2']) feed.note(path, true)
    feed.note('/doors/1', false)
    expect([condition.holds('/live/a'), changes]).toEqual([true, [true]])
    feed.note('/doors/2', false)
    expect([condition.holds('/live/a'), changes]).toEqual([false, [true, false]])
  })

  it('holds from its creation on if something moves already', () => {
    expect(scene({}, '/live/a').condition.holds('/live/a')).toBe(true)
  })
})
