import { MediaFactory, RtspServer } from 'rtspool'
import { ManualClock } from 'rtspool/testing'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { nextTurn, until } from '../../../rtspool/test/support/until.js'
import { EventFeed } from '../../src/events/event-feed.js'
import { feedRecordingEvents } from '../../src/events/recording-events.js'
import { type RecordingPlan, recordingDefaults } from '../../src/recording/recording-plan.js'
import { RecordingService } from '../../src/recording/recording-service.js'
import { PictureSource } from '../live/support/picture-source.js'
import { diskFull, MemoryStore } from './support/memory-store.js'
import { readSegment } from './support/read-segment.js'

const plan = (more: Partial<RecordingPlan> = {}): RecordingPlan => ({
  ...{ ...recordingDefaults, name: 'all', path: '/live/*', folder: '/disk', timeZone: 'UTC' },
  ...more,
})

/** A server with one camera on demand, and recordings in memory; all are closed after the test. */
class Scene {
  readonly clock = new ManualClock()
  readonly store = new MemoryStore()
  readonly server = new RtspServer({
    ...{ port: 0, host: '127.0.0.1', udpPorts: false, clock: this.clock },
  })
  readonly recordings = new RecordingService(this.server, { clock: this.clock, store: this.store })
  readonly feed = new EventFeed({ clock: this.clock })
  source = new PictureSource()

  constructor() {
    this.server.mounts.add('/live/door', new MediaFactory(() => this.source, { lingerSeconds: 5 }))
    feedRecordingEvents(this.recordings, this.feed)
    onTestFinished(async () => {
      await this.recordings.close()
      await this.server.close()
    })
  }

  /** Watches as a viewer does. @returns A function that leaves. */
  async watch(): Promise<() => Promise<void>> {
    const abort = new AbortController()
    const units = this.server.read('/live/door', { signal: abort.signal })
    const watching = (async () => {
      for await (const _ of units);
    })().catch(() => {})
    await until(() => this.source.output !== undefined)
    return async () => {
      abort.abort()
      await watching
    }
  }

  /** Pushes pictures in the time that they last. */
  push(count: number): void {
    for (let index = 0; index < count; index++) {
      this.source.push(1)
      this.clock.advance(40)
    }
  }

  get events(): string[] {
    return this.feed.read(0, 100).events.map(({ type }) => type)
  }

  /** Pictures in all files. */
  get pictureCount(): number {
    return this.store.names
      .flatMap((name) => readSegment(this.store.bytesOf(name)).fragments)
      .reduce((sum, { runs }) => sum + (runs[0]?.durations.length ?? 0), 0)
  }
}

describe('recordings', () => {
  it('record a media while others watch it, and do not keep it', async () => {
    const scene = new Scene()
    scene.recordings.update([plan()])
    const leave = await scene.watch()
    await until(() => [...scene.recordings.recorders].length === 1)
    scene.push(50)
    await until(() => scene.pictureCount >= 45)
    await leave()
    scene.clock.advance(6000)
    await until(() => [...scene.recordings.recorders].length === 0)
    expect(scene.source.closeCount).toBe(1)
    expect(scene.pictureCount).toBe(50)
    expect(scene.events).toEqual(['recordingStarted', 'segmentClosed', 'recordingStopped'])
    const [started, closed, stopped] = scene.feed.read(0, 100).events
    expect(started).toMatchObject({ recording: 'all', path: '/live/door', refused: [] })
    expect(closed).toMatchObject({ file: 'live/door/2026-01-01/00-00-00Z.mp4' })
    expect(stopped).toMatchObject({ reason: 'mediaEnded', missedPackets: 0 })
    expect(scene.store.open.size).toBe(0)
  })

  it('tell those who follow them of each file that they begin or close', async () => {
    const scene = new Scene()
    const noted = vi.spyOn(scene.recordings.files, 'noteChange')
    scene.recordings.update([plan()])
    await scene.watch()
    await until(() => [...scene.recordings.recorders].length === 1)
    scene.push(30)
    await until(() => scene.events.includes('recordingStarted'))
    expect(noted).toHaveBeenCalledTimes(1)
    await scene.recordings.stop(scene.recordings.plans[0] as RecordingPlan)
    expect(scene.events.filter((type) => type === 'segmentClosed')).toHaveLength(1)
    expect(noted).toHaveBeenCalledTimes(2)
  })

  it('start a source where they are asked to, and start it again after its end', async () => {
    const scene = new Scene()
    scene.recordings.update([plan({ path: '/live/door', startSource: true })])
    await until(() => scene.source.output !== undefined)
    scene.push(30)
    await until(() => scene.pictureCount >= 25)
    scene.source.output?.end()
    await until(() => scene.events.includes('recordingStopped'))
    scene.source = new PictureSource()
    scene.clock.advance(10_100)
    await until(() => scene.source.output !== undefined)
  })

  it('start their source once, if somebody starts them before the next attempt', async () => {
    const scene = new Scene()
    scene.recordings.update([plan({ path: '/live/door', startSource: true })])
    const [own] = scene.recordings.plans as [RecordingPlan]
    await until(() => scene.source.output !== undefined)
    scene.source.output?.end()
    await until(() => [...scene.recordings.recorders].length === 0)
    scene.source = new PictureSource()
    scene.recordings.start(own)
    await until(() => scene.source.output !== undefined)
    scene.clock.advance(10_100)
    await nextTurn()
    expect([...scene.recordings.recorders]).toHaveLength(1)
  })

  it.each([false, true])(
    'record on when they are started while they stop (startSource: %s)',
    async (startSource) => {
      const scene = new Scene()
      scene.recordings.update([plan({ path: '/live/door', startSource })])
      const [own] = scene.recordings.plans as [RecordingPlan]
      await scene.watch()
      await until(() => [...scene.recordings.recorders].length === 1)
      scene.push(30)
      await until(() => scene.pictureCount >= 25)
      let open = (): void => {}
      scene.store.gate = new Promise((resolve) => {
        open = resolve
      })
      const stopping = scene.recordings.stop(own)
      await nextTurn()
      scene.recordings.start(own)
      scene.store.gate = undefined
      open()
      await stopping
      await until(() => [...scene.recordings.recorders].length === 1)
      const before = scene.pictureCount
      await until(
        () => scene.pictureCount >= before + 25,
        async () => {
          scene.push(25)
          await nextTurn()
        },
      )
      expect(scene.events.slice(-2)).toEqual(['recordingStopped', 'recordingStarted'])
    },
  )

  it('stop with an event while the disk is full, and go on later', async () => {
    const scene = new Scene()
    scene.recordings.update([plan()])
    await scene.watch()
    await until(() => [...scene.recordings.recorders].length === 1)
    scene.push(30)
    await until(() => scene.pictureCount >= 25)
    scene.store.failure = diskFull()
    scene.push(30)
    await until(() => scene.events.includes('recordingStopped'))
    expect(scene.events).toEqual(['recordingStarted', 'recordingFailed', 'recordingStopped'])
    expect(scene.feed.read(1, 1).events[0]).toMatchObject({
      ...{ failure: 'writeFailed', code: 'ENOSPC', retrySeconds: 30 },
    })
    expect([scene.source.closeCount, scene.store.open.size]).toEqual([0, 0])
    scene.store.failure = undefined
    const startedCount = () => scene.events.filter((type) => type === 'recordingStarted').length
    await until(
      () => startedCount() === 2,
      async () => {
        scene.push(25)
        await nextTurn()
      },
    )
  })

  it('leave packets out for a slow disk, and delay nobody', async () => {
    const scene = new Scene()
    scene.recordings.update([plan()])
    await scene.watch()
    await until(() => [...scene.recordings.recorders].length === 1)
    let open = (): void => {}
    scene.store.gate = new Promise((resolve) => {
      open = resolve
    })
    const [media] = scene.server.media
    for (let index = 0; index < 22; index++) {
      scene.source.push(25, 40_000)
      scene.clock.advance(1000)
      await nextTurn()
    }
    expect(media?.tracks[0]?.packetCount).toBeGreaterThan(15_000)
    open()
    scene.store.gate = undefined
    await nextTurn(50)
    scene.source.push(25)
    const [recorder] = scene.recordings.recorders
    await until(() => (recorder?.missedPackets ?? 0) > 1000)
  })

  it('go on where another plan changes, and end where their own does', async () => {
    const scene = new Scene()
    const [one, two] = [plan({ name: 'one' }), plan({ name: 'two' })]
    scene.recordings.update([one, two])
    await scene.watch()
    await until(() => [...scene.recordings.recorders].length === 2)
    const [first] = scene.recordings.recorders
    scene.recordings.update([plan({ name: 'one' }), { ...two, segmentSeconds: 60 }])
    await until(() => {
      const now = [...scene.recordings.recorders]
      return now.length === 2 && now.some(({ plan }) => plan.segmentSeconds === 60)
    })
    expect([...scene.recordings.recorders]).toContain(first)
    scene.recordings.update([])
    await until(() => [...scene.recordings.recorders].length === 0)
  })

  it('run at the times of their schedule, and end after them', async () => {
    const scene = new Scene()
    // The clock of the scene shows midnight of 1 January 2026, a Thursday.
    scene.recordings.update([plan({ schedule: ['thu 00:02-00:04'] })])
    await scene.watch()
    scene.push(25)
    await nextTurn()
    expect([...scene.recordings.recorders]).toHaveLength(0)
    expect(scene.recordings.isRunning(scene.recordings.plans[0] as RecordingPlan)).toBe(false)
    scene.clock.advance(120_000)
    await until(() => [...scene.recordings.recorders].length === 1)
    scene.push(50)
    await until(() => scene.pictureCount > 0)
    scene.clock.advance(120_000)
    await until(() => [...scene.recordings.recorders].length === 0)
    expect(scene.events.at(-1)).toBe('recordingStopped')
  })

  it('follow the control API and not their schedule, once it has spoken', async () => {
    const scene = new Scene()
    scene.recordings.update([plan({ schedule: ['thu 00:02-00:04'] })])
    const [own] = scene.recordings.plans as [RecordingPlan]
    await scene.watch()
    scene.recordings.start(own)
    await until(() => [...scene.recordings.recorders].length === 1)
    scene.clock.advance(60_000 * 5)
    await nextTurn()
    expect([...scene.recordings.recorders]).toHaveLength(1)
    await scene.recordings.stop(own)
    expect([...scene.recordings.recorders]).toHaveLength(0)
  })

  it('run for some seconds on an alarm, and end by themselves', async () => {
    const scene = new Scene()
    scene.recordings.update([plan({ autoStart: false })])
    const [own] = scene.recordings.plans as [RecordingPlan]
    await scene.watch()
    expect([...scene.recordings.recorders]).toHaveLength(0)
    scene.recordings.start(own, 30)
    await until(() => [...scene.recordings.recorders].length === 1)
    scene.push(50)
    await until(() => scene.pictureCount > 0)
    scene.clock.advance(20_000)
    scene.recordings.start(own, 30)
    scene.clock.advance(29_000)
    await nextTurn()
    expect([...scene.recordings.recorders]).toHaveLength(1)
    scene.clock.advance(1_000)
    await until(() => [...scene.recordings.recorders].length === 0)
    expect(scene.recordings.isRunning(own)).toBe(false)
    expect(scene.events.at(-1)).toBe('recordingStopped')
  })

  it('run while clients watch, where they ask for that, and some seconds longer', async () => {
    const scene = new Scene()
    scene.recordings.update([plan({ when: 'watched', keepSeconds: 30 })])
    await scene.watch()
    scene.push(25)
    await nextTurn()
    expect([...scene.recordings.recorders]).toHaveLength(0)
    const session = scene.server.pool.create({ path: '/live/door' })
    session.preventExpire()
    session.state = 'Playing'
    await until(() => [...scene.recordings.recorders].length === 1)
    scene.push(50)
    await until(() => scene.pictureCount > 0)
    session.end()
    scene.clock.advance(29_999)
    await nextTurn()
    expect([...scene.recordings.recorders]).toHaveLength(1)
    scene.clock.advance(1)
    await until(() => [...scene.recordings.recorders].length === 0)
    expect(scene.events.at(-1)).toBe('recordingStopped')
    expect(scene.source.closeCount).toBe(0)
  })

  it('start a source while clients publish to another path', async () => {
    const scene = new Scene()
    const rule = {
      when: 'published',
      whenPath: '/bell',
      keepSeconds: 5,
      startSource: true,
    } as const
    scene.recordings.update([plan({ path: '/live/door', ...rule })])
    await nextTurn()
    expect(scene.source.output).toBeUndefined()
    const session = scene.server.pool.create({ path: '/bell' })
    session.preventExpire()
    session.state = 'Recording'
    await until(() => scene.source.output !== undefined)
    scene.push(25)
    await until(() => scene.pictureCount > 0)
    session.end()
    scene.clock.advance(5_000)
    await until(() => [...scene.recordings.recorders].length === 0)
    scene.clock.advance(20_000)
    await until(() => scene.source.closeCount === 1)
    expect([...scene.recordings.recorders]).toHaveLength(0)
  })

  it('follow the control API and not their condition, until a start for seconds is over', async () => {
    const scene = new Scene()
    scene.recordings.update([plan({ when: 'watched' })])
    const [own] = scene.recordings.plans as [RecordingPlan]
    await scene.watch()
    scene.recordings.start(own, 30)
    await until(() => [...scene.recordings.recorders].length === 1)
    scene.clock.advance(30_000)
    await until(() => [...scene.recordings.recorders].length === 0)
    await scene.recordings.stop(own)
    const session = scene.server.pool.create({ path: '/live/door' })
    session.state = 'Playing'
    await nextTurn()
    expect([...scene.recordings.recorders]).toHaveLength(0)
  })

  it('cut the encodings that a publisher names', async () => {
    const scene = new Scene()
    scene.source = new PictureSource({ video: 'x'.repeat(60_000) })
    scene.recordings.update([plan()])
    await scene.watch()
    await until(() => [...scene.recordings.recorders].length === 1)
    scene.push(3)
    await until(() => scene.events.length > 0)
    expect(JSON.stringify(scene.feed.read(0, 10).events).length).toBeLessThan(1000)
  })

  it('say which media cannot be recorded', async () => {
    const scene = new Scene()
    scene.source = new PictureSource({ video: 'theora' })
    scene.recordings.update([plan()])
    await scene.watch()
    await until(() => [...scene.recordings.recorders].length === 1)
    scene.push(3)
    await until(() => scene.events.length > 0)
    expect(scene.feed.read(0, 10).events).toEqual([
      expect.objectContaining({
        ...{ type: 'recordingFailed', failure: 'notRecordable', retrySeconds: undefined },
        message: 'no track can be recorded: theora',
      }),
    ])
  })
})
