import { fileURLToPath } from 'node:url'
import { MediaFactory } from 'rtspool'
import { describe, expect, it, onTestFinished } from 'vitest'
import { picture } from '../../../../rtspool/test/support/nal-stream.js'
import { advancing, nextTurn, until } from '../../../../rtspool/test/support/until.js'
import { type PullPlan, pullDefaults } from '../../../src/sources/pull/pull-plan.js'
import { SourceService } from '../../../src/sources/source-service.js'
import { opusDescriptors, TsWriter, types } from '../ts/ts-writer.js'
import { ExecScene, execPlan } from './exec-scene.js'

const testFile = fileURLToPath(new URL('../../../assets/test.mp4', import.meta.url))

const pullPlan = (url: string): PullPlan => ({
  ...{ kind: 'pull', path: '/pull', url, ...pullDefaults, alwaysOn: false, lingerSeconds: 10 },
  ...{ username: undefined, password: undefined, fingerprint: undefined, slate: undefined },
  ...{ holdSeconds: 60, startSeconds: 10, stallSeconds: 15 },
})

describe('a program on demand', () => {
  it('starts with the first viewer, and ends some time after the last', async () => {
    const scene = new ExecScene(execPlan({ lingerSeconds: 5 }))
    expect([scene.status.state, scene.programs.length]).toEqual(['idle', 0])
    const viewer = await scene.running()
    expect(scene.status).toMatchObject({ state: 'running', pid: 1, attempts: 1, source: 'camera' })
    const second = scene.watch()
    await until(() => second.units > 0)
    await viewer.leave()
    await second.leave()
    scene.clock.advance(4_900)
    expect(scene.program.isStopping).toBe(false)
    scene.clock.advance(200)
    expect(scene.program.isStopping).toBe(true)
    scene.program.end(null, 'SIGTERM')
    expect(scene.status).toMatchObject({ state: 'idle', attempts: 0, lastError: undefined })
    expect(scene.states).toEqual(['starting', 'running', 'idle'])
    const again = await scene.running()
    expect([scene.programs.length, again.end]).toEqual([2, undefined])
  })

  it('that ends is started again, and its viewers stay and see its pictures', async () => {
    const scene = new ExecScene(execPlan())
    const viewer = await scene.running()
    await scene.program.writePictures(300)
    scene.program.say('device busy\n')
    scene.program.end(1)
    expect(scene.status).toMatchObject({
      ...{ state: 'waiting', attempts: 1, reason: 'exited' },
      lastError: 'exit code 1: device busy',
    })
    const before = viewer.units
    scene.clock.advance(1_000)
    expect(scene.programs.length).toBe(2)
    await scene.program.writePictures(5)
    await until(() => viewer.units >= before + 4)
    expect(viewer.end).toBeUndefined()
    expect(scene.states.filter((state) => !state.startsWith('waiting'))).toEqual([
      ...['starting', 'running', 'starting', 'running'],
    ])
  })

  it('with a slate shows it to viewers until the next run of the program', async () => {
    const scene = new ExecScene(execPlan({ slate: testFile, stallSeconds: 0, holdSeconds: 3600 }))
    const viewer = await scene.running()
    const [media] = scene.server.media
    expect(media?.awaySince).toBeUndefined()
    scene.program.end(1)
    await until(() => media?.awaySince !== undefined)
    const before = viewer.units
    // The file is opened in real time.
    await until(() => viewer.units >= before + 10, advancing(scene.clock, 1))
    await until(() => scene.programs.length === 2, advancing(scene.clock, 1))
    await nextTurn(5)
    const shown = viewer.units
    await scene.program.writePictures(6)
    await until(() => viewer.units >= shown + 5)
    expect(media?.awaySince).toBeUndefined()
    await nextTurn(10)
    const seen = viewer.units
    // The slate has ended.
    for (let turn = 0; turn < 20; turn++) {
      scene.clock.advance(40)
      await nextTurn()
    }
    expect([viewer.units, viewer.end]).toEqual([seen, undefined])
  })

  it.each([
    ['that ends in order', 'h264', 0, 4],
    ['that is killed', 'h264', null, 3],
    ['of MPEG-TS that ends in order', 'mpegts', 0, 4],
    ['of MPEG-TS that is killed', 'mpegts', null, 3],
  ] as const)('%s has its last picture sent only if it is whole', async (_, format, code, sent) => {
    const scene = new ExecScene(execPlan({ format }))
    const viewer = scene.watch()
    await until(() => scene.programs.length > 0)
    const writer = new TsWriter()
    if (format === 'mpegts') scene.program.write(writer.tables([{ pid: 9, type: types.h264 }]))
    for (let index = 0; index < 4; index++) {
      const bytes = picture('h264', index)
      const isPacked = format === 'mpegts'
      scene.program.write(isPacked ? writer.pes({ pid: 9, bytes, pts: index * 3600 }) : bytes)
      await nextTurn()
      scene.clock.advance(40)
    }
    await until(() => viewer.units === 3)
    scene.program.end(code, code === null ? 'SIGKILL' : null)
    await nextTurn(5)
    expect(viewer.units).toBe(sent)
  })

  it('that fails again and again is started after longer and longer times, with jitter', async () => {
    const scene = new ExecScene(execPlan({ holdSeconds: 1000 }))
    await scene.running()
    const delays: number[] = []
    for (let failure = 0; failure < 7; failure++) {
      scene.program.end(null, 'SIGSEGV')
      const { until: next } = scene.status
      const delay = (next?.getTime() ?? 0) - scene.clock.unixTimeMs()
      delays.push(delay)
      // The date has no fractions of a millisecond.
      scene.clock.advance(delay + 1)
    }
    const longest = [1, 2, 4, 8, 16, 30, 30].map((seconds) => seconds * 1000)
    for (const [index, delay] of delays.entries()) {
      expect(delay).toBeLessThanOrEqual(longest[index] ?? 0)
      expect(delay).toBeGreaterThanOrEqual((longest[index] ?? 0) * 0.75 - 1)
    }
    expect(scene.status).toMatchObject({ attempts: 8, lastError: 'ended by SIGSEGV' })
  })

  it('that is away too long loses its viewers, and starts with the next', async () => {
    const scene = new ExecScene(execPlan({ holdSeconds: 20 }))
    const viewer = await scene.running()
    scene.program.end(1)
    scene.clock.advance(1_000)
    scene.clock.advance(18_900)
    await nextTurn()
    expect(viewer.end).toBeUndefined()
    scene.clock.advance(200)
    await until(() => viewer.end !== undefined)
    expect(viewer.end).toBe('ended')
    expect(scene.program.isStopping).toBe(true)
    scene.program.end(0)
    const next = await scene.running()
    expect(next.end).toBeUndefined()
  })

  it('that writes nothing is ended and started again', async () => {
    const scene = new ExecScene(execPlan({ stallSeconds: 15 }))
    await scene.running()
    scene.clock.advance(14_000)
    await scene.program.writePictures(2)
    scene.clock.advance(14_000)
    expect(scene.program.isStopping).toBe(false)
    scene.clock.advance(1_100)
    expect(scene.program.isStopping).toBe(true)
    scene.program.end(null, 'SIGTERM')
    expect(scene.status).toMatchObject({ state: 'waiting', reason: 'stalled' })
    expect(scene.status.lastError).toBe('no media for 15 s')
  })

  it('that is missing refuses its viewers at once, and is looked for again with the next', async () => {
    const scene = new ExecScene(execPlan())
    const viewer = scene.watch()
    await until(() => scene.programs.length > 0)
    scene.program.notStarted('there is no program camera in PATH')
    await until(() => viewer.end !== undefined)
    expect(viewer.end).toBe('/cam: there is no program camera in PATH')
    expect(scene.status).toMatchObject({ state: 'failed', until: undefined, reason: 'notStarted' })
    const next = await scene.running()
    expect([scene.programs.length, next.end]).toEqual([2, undefined])
  })

  it('that writes no media in time refuses its viewers with its last words', async () => {
    const scene = new ExecScene(execPlan({ startSeconds: 5 }))
    const viewer = scene.watch()
    await until(() => scene.programs.length > 0)
    scene.program.say('cannot open rtsp://ann:canary@10.0.0.1/\u001b[31mred\n')
    scene.program.end(1)
    scene.clock.advance(5_100)
    await until(() => viewer.end !== undefined)
    expect(viewer.end).toBe(
      '/cam: the program has written no media within 5 s; exit code 1: cannot open rtsp://…@10.0.0.1/\\x1b[31mred',
    )
    expect(scene.said).toEqual(['cannot open rtsp://…@10.0.0.1/\\x1b[31mred'])
  })
})

describe('a program that is always on', () => {
  it('runs without viewers, and is started again when it ends', async () => {
    const scene = new ExecScene(execPlan({ alwaysOn: true }))
    await scene.program.writePictures(3)
    expect(scene.status.state).toBe('running')
    scene.program.end(0)
    scene.clock.advance(1_000)
    expect(scene.programs.length).toBe(2)
    scene.program.notStarted('camera cannot be executed: permission denied')
    expect(scene.states.at(-1)).toBe('failed 30000')
    scene.clock.advance(30_000)
    expect([scene.programs.length, scene.status.state]).toEqual([3, 'starting'])
  })
})

describe('a transport stream of a program', () => {
  const streams = (more: number) => [
    { pid: 0x100, type: types.ac3 },
    { pid: 0x101, type: types.private, descriptors: opusDescriptors },
    ...(more > 0 ? [{ pid: 0x102, type: types.h264 }] : []),
  ]
  const sound = (writer: TsWriter, pts: number) => {
    const packet = Buffer.from([0x7f, 0xe0, 3, 0xfc, 1, 2])
    return writer.pes({ pid: 0x101, bytes: packet, pts, hasLength: true })
  }

  it('has the tracks that can be served; other tracks of the next run are another media', async () => {
    const scene = new ExecScene(execPlan({ format: 'mpegts' }))
    const leftOut: (readonly string[])[] = []
    scene.sources.on('leftOut', (_, names) => leftOut.push(names))
    const viewer = scene.watch()
    await until(() => scene.programs.length > 0)
    const writer = new TsWriter()
    scene.program.write(writer.tables(streams(0)))
    let pts = 0
    await until(
      () => viewer.units > 0,
      async () => {
        scene.program.write(sound(writer, pts))
        pts += 1800
        await nextTurn()
        scene.clock.advance(20)
      },
    )
    expect(leftOut).toEqual([['AC-3']])
    scene.program.end(0)
    scene.clock.advance(1_000)
    const other = new TsWriter()
    scene.program.write(other.tables(streams(1)))
    scene.program.write(sound(other, 0))
    await until(() => viewer.end !== undefined)
    expect(viewer.end).toBe('ended')
  })

  it('goes on when its tracks change, and waits 10 s for the viewers to return', async () => {
    const scene = new ExecScene(execPlan({ format: 'mpegts', lingerSeconds: 0 }))
    const writer = new TsWriter()
    const writeTables = (channels: number) => {
      const descriptors = Buffer.from([...opusDescriptors.subarray(0, -1), channels])
      scene.program.write(writer.tables([{ pid: 0x101, type: types.private, descriptors }]))
    }
    let pts = 0
    const writeSound = async () => {
      scene.program.write(sound(writer, pts))
      pts += 1800
      await nextTurn()
      scene.clock.advance(20)
    }
    const viewer = scene.watch()
    await until(() => scene.programs.length > 0)
    writeTables(2)
    await until(() => viewer.units > 0, writeSound)
    writeTables(1)
    await until(() => viewer.end !== undefined, writeSound)
    expect([viewer.end, scene.program.isStopping]).toEqual(['ended', false])
    const next = scene.watch()
    await until(() => next.units > 0, writeSound)
    writeTables(2)
    await until(() => next.end !== undefined, writeSound)
    scene.clock.advance(9_000)
    expect([scene.programs.length, scene.program.isStopping]).toEqual([1, false])
    scene.clock.advance(1_000)
    expect(scene.program.isStopping).toBe(true)
  })

  it('without a track that can be served fails, and so does something else', async () => {
    const scene = new ExecScene(execPlan({ format: 'mpegts', alwaysOn: true }))
    scene.program.write(new TsWriter().tables([{ pid: 0x100, type: types.ac3 }]))
    expect(scene.program.isStopping).toBe(true)
    scene.program.end(0)
    expect(scene.status).toMatchObject({ state: 'waiting', reason: 'wrongOutput' })
    expect(scene.status.lastError).toBe('expected a stream of H.264, H.265, AAC or Opus, got AC-3')
    scene.clock.advance(1_000)
    scene.program.write(Buffer.alloc(70_000, 'usage: camera'))
    scene.program.end(0)
    expect(scene.status.lastError).toMatch(/^expected an MPEG transport stream/)
  })

  it.each([
    ['mpegts', 'an MPEG transport stream'],
    ['h264', 'H.264 with start codes'],
    ['aac', 'AAC with ADTS headers'],
  ] as const)('that writes a line of text in place of %s says so', (format, expected) => {
    const scene = new ExecScene(execPlan({ format, alwaysOn: true }))
    scene.program.write(Buffer.from('usage: camera'))
    scene.program.end(1)
    expect(scene.status).toMatchObject({ state: 'waiting', reason: 'wrongOutput' })
    expect(scene.status.lastError).toBe(`expected ${expected}, got 13 bytes of something else`)
  })

  it('that writes much of another format is ended', async () => {
    const scene = new ExecScene(execPlan({ format: 'h265', alwaysOn: true }))
    scene.program.write(Buffer.alloc(70_000, 'text'))
    expect(scene.program.isStopping).toBe(true)
    scene.program.end(null, 'SIGTERM')
    expect(scene.status.lastError).toBe(
      'expected H.265 with start codes, got 64 KiB of something else',
    )
  })
})

describe('sources before the server listens', () => {
  it('are mounted, but those that are always on start when it listens', async () => {
    const scene = new ExecScene()
    const { server, clock, start, programs } = scene
    const sources = new SourceService(server.mounts, { clock, start, isHeld: true })
    onTestFinished(() => sources.close())
    const pull = pullPlan('rtsp://127.0.0.1:1/')
    sources.update([execPlan({ path: '/exec', alwaysOn: true }), { ...pull, alwaysOn: true }])
    expect([...server.mounts].map(([path]) => path)).toEqual(['/exec', '/pull'])
    expect(sources.statuses.map(({ state }) => state)).toEqual(['idle', 'idle'])
    sources.begin()
    expect(sources.statuses.map(({ state }) => state)).toEqual(['starting', 'connecting'])
    sources.update([])
    programs.at(-1)?.end()
  })
})

describe('sources of a changed configuration', () => {
  it('go on where they are the same; others end, and free the camera for their successors', async () => {
    const other = execPlan({ path: '/other', alwaysOn: true })
    const scene = new ExecScene(execPlan({ alwaysOn: true }), other)
    expect(scene.programs.map(({ plan }) => plan.path)).toEqual(['/cam', '/other'])
    const [camera, second] = scene.programs
    scene.sources.update([execPlan({ alwaysOn: true, command: ['camera', '--new'] }), other])
    expect([camera?.isStopping, second?.isStopping]).toEqual([true, false])
    await nextTurn()
    expect(scene.programs.length).toBe(2)
    camera?.end(0)
    await until(() => scene.programs.length === 3)
    expect(scene.program.plan.command).toEqual(['camera', '--new'])
    scene.sources.update([other])
    expect([...scene.server.mounts].map(([path]) => path)).toEqual(['/other'])
    await until(() => scene.program.isStopping)
  })

  it('are all as before if one cannot be used', async () => {
    const [camera, other] = [{ alwaysOn: true }, { path: '/other', alwaysOn: true }].map(execPlan)
    if (!camera || !other) throw new Error('no plans')
    const pull = pullPlan('rtsp://192.0.2.1/')
    const scene = new ExecScene(camera, other)
    scene.sources.update([camera, other, pull])
    scene.server.mounts.add('/taken', new MediaFactory(() => Promise.reject(new Error('none'))))
    const mounted = [...scene.server.mounts]
    const changed = [{ ...camera, command: ['other'] }, pullPlan('rtsp://192.0.2.2/')]
    const added = execPlan({ path: '/new', alwaysOn: true })
    const update = () => scene.sources.update([...changed, added, execPlan({ path: '/taken' })])
    expect(update).toThrow('/taken is mounted already')
    expect(scene.sources.plans).toEqual([camera, other, pull])
    expect([...scene.server.mounts]).toEqual(mounted)
    await nextTurn(3)
    const stopping = scene.programs.filter(({ isStopping }) => isStopping)
    expect(stopping.map(({ plan }) => plan.path)).toEqual(['/new'])
    expect(scene.programs.length).toBe(3)
  })
})
