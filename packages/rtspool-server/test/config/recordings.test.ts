import { resolve } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { recordingsPart, replayPart } from '../../src/config/reload/path-parts.js'
import { recordingPlansOf } from '../../src/config/sections/recordings.js'
import type { Settings } from '../../src/config/settings.js'
import type { RecordingPlan } from '../../src/recording/recording-plan.js'
import { loadText, mistakesOf } from './config-text.js'

const load = (settings: string) => loadText(`recordings: { all: { ${settings} } }\n`)

describe('recordings of a configuration', () => {
  it('have defaults, and a folder relative to the file', () => {
    expect(recordingPlansOf(load('path: /live/*, folder: disk').config.recordings)).toEqual([
      {
        ...{ name: 'all', path: '/live/*', folder: resolve('disk'), timeZone: 'local' },
        ...{ file: '{path}/{year}-{month}-{day}/{hour}-{minute}-{second}{zone}.mp4' },
        ...{ segmentSeconds: 3600, startSource: false, maxMedia: 100, autoStart: true },
        ...{ schedule: [], when: 'always', keepSeconds: 10 },
        ...{ maxAgeHours: 0, maxBytes: 107_374_182_400 },
      },
    ])
  })

  it.for<[string, string]>([
    ['folder: disk', 'recordings.all.path must be a path such as /cam'],
    ['path: live, folder: disk', 'recordings.all.path must be a path such as /cam'],
    ['path: /a, folder: disk, timeZone: Mars', 'recordings.all.timeZone must be UTC, local'],
    ['path: /a, folder: disk, file: a.mp4', 'recordings.all.file must be names of files such as'],
    ['path: /a, folder: disk, schedule: [now]', 'times of the week such as "mon-fri 22:00-06:00"'],
    ['path: /a, folder: disk, when: seen', 'recordings.all.when must be one of always'],
    [
      'path: /a, folder: disk, when: motion',
      'recordings.all.when needs a source at /a with pull.onvif, the URL of a camera',
    ],
    ['path: /a, folder: disk, when: watched, keepSeconds: -1', 'recordings.all.keepSeconds must'],
    ['path: /a, folder: disk, when: watched, whenPath: b', 'recordings.all.whenPath must be a'],
    ['path: /a, folder: disk, whenPath: /b', 'whenPath needs when: watched, published or motion'],
    ['path: /a, folder: disk, segmentSeconds: 0', 'recordings.all.segmentSeconds must be'],
    ['path: /a/*, folder: disk, startSource: true', 'startSource needs a path without /*'],
  ])('are refused where a value is wrong: %s', ([settings, says]) => {
    expect(mistakesOf(() => load(settings)).join()).toContain(says)
  })

  it('change by a reload, and only where they differ', () => {
    const updates: (readonly RecordingPlan[])[] = []
    const part = recordingsPart({ update: (plans) => updates.push(plans) })
    const [was, is] = ['path: /a, folder: disk', 'path: /b, folder: disk'].map(load) as Settings[]
    if (!was || !is) throw new Error('no settings')
    expect(part.prepare(was, was)).toBeUndefined()
    const change = part.prepare(is, was)
    change?.apply()
    change?.undo()
    expect(updates.map(([plan]) => plan?.path)).toEqual(['/b', '/a'])
  })
})

describe('the path of the replay of a configuration', () => {
  const problemOf = (settings: string): string => {
    try {
      loadText(settings)
      return ''
    } catch (error) {
      return String(error)
    }
  }

  it('is /replay, another path, or none', () => {
    expect(loadText('').config.replay.path).toBe('/replay')
    expect(loadText('replay: { path: /archive/tv }').config.replay.path).toBe('/archive/tv')
    expect(loadText('replay: { path: false }').config.replay.path).toBe(false)
  })

  it.each(['replay', '/replay/', '/*', '/re play', '/'])('is not %s', (path) => {
    expect(problemOf(`replay: { path: '${path}' }`)).toContain('must be a path such as /replay')
  })

  it.each([
    'replay: { path: /cam }\npaths: { /cam: { file: clip.mp4 } }',
    'replay: { path: /test }',
  ])('is not that of a file: %s', (settings) => {
    expect(problemOf(settings)).toContain('is the path of a file, too')
  })

  it.each([
    'recordings: { all: { path: /live/*, folder: disk } }',
    'recordings: { all: { path: /live, folder: disk } }',
    'recordings: { all: { path: /*, folder: disk } }\npaths: { /live/a: { file: clip.mp4 } }',
    'recordings: { all: { path: /*, folder: disk } }\npublish: { paths: [/live/*] }',
    'recordings: { all: { path: /*, folder: disk } }\nsources: { /live/a: { pull: { url: rtsp://cam/a } } }',
  ])('is not above live paths: %s', (settings) => {
    expect(problemOf(`replay: { path: /live }\n${settings}`)).toContain(
      'replay.path is above /live',
    )
    expect(problemOf(`replay: { path: /liv }\n${settings}`)).toBe('')
  })

  it('may be above live paths while nothing is recorded', () => {
    expect(problemOf('replay: { path: /live }\npublish: { paths: [/live/*] }')).toBe('')
  })

  it('changes with a reload, and with the first recording', () => {
    const update = vi.fn()
    const part = replayPart({ update, isTaken: () => false })
    const [none, some] = [loadText('') as Settings, load('path: /*, folder: disk') as Settings]
    expect(part.prepare(none, none)).toBeUndefined()
    const change = part.prepare(some, none)
    change?.apply()
    change?.undo()
    expect(update.mock.calls).toEqual([
      [{ path: '/replay' }, true],
      [{ path: '/replay' }, false],
    ])
  })

  it('is refused by a reload where a client publishes', () => {
    const isTaken = ({ path }: { path: string | false }) => path === '/cam'
    const part = replayPart({ update: vi.fn(), isTaken })
    const at = (path: string): Settings =>
      loadText(
        `recordings: { all: { path: /live/*, folder: disk } }\nreplay: { path: ${path} }\n`,
      ) as Settings
    expect(() => part.prepare(at('/cam'), at('/replay'))).toThrow(
      'replay.path is in use: a client publishes there',
    )
    expect(part.prepare(at('/other'), at('/replay'))).toBeDefined()
  })
})
