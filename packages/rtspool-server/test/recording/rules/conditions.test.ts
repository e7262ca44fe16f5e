import { RtspServer, type Session, SessionPool } from 'rtspool'
import { connect, publish } from 'rtspool/client'
import { ManualClock } from 'rtspool/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { until } from '../../../../rtspool/test/support/until.js'
import { type RecordingPlan, recordingDefaults } from '../../../src/recording/recording-plan.js'
import { Conditions } from '../../../src/recording/rules/conditions.js'
import type { MotionFeed } from '../../../src/recording/rules/motion-condition.js'
import { PictureSource } from '../../live/support/picture-source.js'

const planOf = (more: Partial<RecordingPlan>): RecordingPlan => ({
  ...{ ...recordingDefaults, name: 'all', path: '/live/*', folder: '/disk', keepSeconds: 10 },
  ...more,
})

const nothingMoves: MotionFeed = { movingPaths: [], on: () => {}, off: () => {} }

function scene(...plans: readonly RecordingPlan[]) {
  const clock = new ManualClock()
  const pool = new SessionPool({ clock })
  const changed: string[] = []
  const conditions = new Conditions(
    { pool },
    nothingMoves,
    clock,
    ({ name }) => void changed.push(name),
  )
  onTestFinished(() => {
    conditions.close()
    pool.close()
  })
  conditions.update(plans)
  const use = (path: string, state: Session['state']): Session => {
    const session = pool.create({ path })
    session.preventExpire()
    session.state = state
    return session
  }
  return { clock, pool, changed, conditions, use }
}

describe('conditions of recordings', () => {
  it('hold always, if the recording has none', () => {
    const plan = planOf({ when: 'always' })
    const { changed, conditions, use } = scene(plan)
    expect(conditions.holds(plan, '/live/a')).toBe(true)
    use('/live/a', 'Playing').end()
    expect(changed).toEqual([])
  })

  it('hold for each path while a client watches it, and some seconds longer', () => {
    const plan = planOf({ when: 'watched' })
    const { clock, changed, conditions, use } = scene(plan)
    const held = () => ['/live/a', '/live/b'].map((path) => conditions.holds(plan, path))
    use('/live/a', 'Recording')
    use('/other', 'Playing')
    expect([held(), changed]).toEqual([[false, false], []])
    const [one, two] = [use('/live/a', 'Playing'), use('/live/a', 'Playing')]
    expect([held(), changed]).toEqual([[true, false], ['all']])
    one.end()
    clock.advance(60_000)
    expect(held()).toEqual([true, false])
    two.state = 'Ready'
    clock.advance(9_999)
    expect([held(), changed]).toEqual([[true, false], ['all']])
    clock.advance(1)
    expect([held(), changed]).toEqual([
      [false, false],
      ['all', 'all'],
    ])
  })

  it('go on without a change for a client that returns in time', () => {
    const plan = planOf({ when: 'watched' })
    const { clock, changed, conditions, use } = scene(plan)
    const session = use('/live/a', 'Playing')
    session.state = 'Ready'
    clock.advance(9_000)
    session.state = 'Playing'
    clock.advance(60_000)
    expect([conditions.holds(plan, '/live/a'), changed]).toEqual([true, ['all']])
  })

  it('hold for all paths while a client publishes to another path', () => {
    const plan = planOf({ when: 'published', whenPath: '/bell/*', keepSeconds: 0 })
    const { changed, conditions, use } = scene(plan)
    use('/live/a', 'Recording')
    use('/bell/front', 'Playing')
    expect(conditions.holds(plan, '/live/a')).toBe(false)
    const [front, back] = [use('/bell/front', 'Recording'), use('/bell/back', 'Recording')]
    expect([conditions.holds(plan, '/live/a'), changed]).toEqual([true, ['all']])
    front.end()
    expect(conditions.holds(plan, '/live/a')).toBe(true)
    back.end()
    expect([conditions.holds(plan, '/live/a'), changed]).toEqual([false, ['all', 'all']])
  })

  it('begin with the clients of the moment, and stay where the plan stays', () => {
    const kept = planOf({ when: 'watched', name: 'kept' })
    const { clock, conditions, use } = scene(kept)
    const session = use('/live/a', 'Playing')
    const added = planOf({ when: 'watched', name: 'added' })
    conditions.update([kept, added])
    expect(conditions.holds(added, '/live/a')).toBe(true)
    session.end()
    conditions.update([kept])
    expect(conditions.holds(kept, '/live/a')).toBe(true)
    clock.advance(10_000)
    expect(conditions.holds(kept, '/live/a')).toBe(false)
  })

  it('hold for clients that publish and play over RTSP, until these pause or leave', async () => {
    const [watched, published] = (['watched', 'published'] as const).map((when) =>
      planOf({ when, name: when, keepSeconds: 0 }),
    ) as [RecordingPlan, RecordingPlan]
    const server = new RtspServer({ port: 0, host: '127.0.0.1', udpPorts: false })
    server.mounts.allowPublish('/live/*')
    const conditions = new Conditions(server, nothingMoves, new ManualClock(), () => {})
    onTestFinished(async () => {
      conditions.close()
      await server.close()
    })
    conditions.update([watched, published])
    const held = () => [watched, published].map((plan) => conditions.holds(plan, '/live/a'))
    await server.listen()
    const url = `rtsp://127.0.0.1:${server.address().port}/live/a`
    const { description } = new PictureSource()
    const publisher = await publish(url, { description, transports: ['tcp'] })
    expect(held()).toEqual([false, true])
    const viewer = await connect(url, { transports: ['tcp'] })
    expect(held()).toEqual([false, true])
    await viewer.play()
    expect(held()).toEqual([true, true])
    await viewer.pause()
    expect(held()).toEqual([false, true])
    await viewer.play()
    expect(held()).toEqual([true, true])
    await viewer.close()
    await until(() => !held()[0])
    expect(held()).toEqual([false, true])
    await publisher.close()
    await until(() => !held()[1])
  })

  it('leave neither a timer nor a listener', () => {
    const [removed, kept] = [planOf({ when: 'watched' }), planOf({ when: 'watched' })]
    const { clock, pool, conditions, use } = scene(removed, kept)
    const before = clock.pendingTimers
    use('/live/a', 'Playing').end()
    expect(clock.pendingTimers).toBe(before + 2)
    conditions.update([kept])
    expect(clock.pendingTimers).toBe(before + 1)
    conditions.close()
    expect(clock.pendingTimers).toBe(before)
    const events = ['sessionStateChanged', 'sessionRemoved'] as const
    expect(events.map((name) => pool.listenerCount(name))).toEqual([0, 0])
  })
})
