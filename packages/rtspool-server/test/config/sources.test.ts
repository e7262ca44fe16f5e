import { resolve } from 'node:path'
import { MediaFactory, MountPoints } from 'rtspool'
import { describe, expect, it } from 'vitest'
import { sourcesPart } from '../../src/config/reload/live-parts.js'
import { execPlansOf } from '../../src/config/sections/sources/sources.js'
import type { Settings } from '../../src/config/settings.js'
import type { ExecPlan } from '../../src/sources/exec/exec-plan.js'
import { loadText, mistakesOf } from './config-text.js'

const load = (sources: string) => loadText(`sources: ${sources}\n`)

describe('sources of a configuration', () => {
  it('are programs with defaults, and a folder relative to the file', () => {
    const { config } = load('{ /cam: { exec: { command: [a, "b c"], folder: disk } } }')
    expect(execPlansOf(config.sources)).toEqual([
      {
        ...{ path: '/cam', command: ['a', 'b c'], format: 'mpegts', frameRate: 0 },
        ...{ environment: {}, passEnvironment: [], folder: resolve('disk'), alwaysOn: false },
        ...{ lingerSeconds: 10, holdSeconds: 60, startSeconds: 10, stallSeconds: 15 },
        stopSeconds: 5,
      },
    ])
  })

  it.for<[string, string]>([
    ['{ cam: { exec: { command: [a] } } }', 'sources.cam must be a path such as /cam'],
    ['{ /cam/*: { exec: { command: [a] } } }', 'sources./cam/* must be a path such as /cam'],
    ['{ /cam: {} }', 'sources./cam.exec must be a program, such as'],
    ['{ /cam: "ffmpeg -i canary" }', 'sources./cam must be'],
    ['{ /cam: { exec: "ffmpeg -i canary" } }', 'sources./cam.exec must be a program, such as'],
    ['{ /cam: { exec: { command: ffmpeg -i canary } } }', 'must be a list of a program and its'],
    ['{ /cam: { exec: { command: [] } } }', 'must be a list of a program and its arguments'],
    ['{ /cam: { exec: { command: [a, [canary]] } } }', 'sources./cam.exec.command'],
    ['{ /cam: { exec: { command: [a], environment: { A: [canary] } } } }', 'environment.A must be'],
    ['{ /cam: { exec: { command: [a], environment: { "A=B": b } } } }', 'environment.A=B must be'],
    ['{ /cam: { exec: { command: [a], format: flv } } }', "mpegts, h264, h265, aac, got 'flv'"],
    ['{ /cam: { exec: { command: [a] }, startSeconds: 0 } }', 'startSeconds must be'],
    ['{ /cam: { exec: { command: [a] }, stalSeconds: 9 } }', 'did you mean stallSeconds'],
    ['{ /test: { exec: { command: [a] } } }', 'and testPicture exclude each other'],
  ])('are refused where a value is wrong, without its secrets: %s', ([text, says]) => {
    const mistakes = mistakesOf(() => load(text)).join()
    expect(mistakes).toContain(says)
    expect(mistakes).not.toContain('canary')
  })

  it('cannot share a path with a file', () => {
    const text = 'paths: { /cam: { file: a.mp4 } }\nsources: { /cam: { exec: { command: [a] } } }\n'
    expect(mistakesOf(() => loadText(text)).join()).toContain(
      'sources./cam and paths./cam.file exclude each other',
    )
  })

  it('change by a reload, unless a client publishes at the path', () => {
    const updates: (readonly ExecPlan[])[] = []
    const mounts = new MountPoints()
    const part = sourcesPart({ mounts }, { update: (plans) => updates.push(plans) })
    const [was, is] = ['{}', '{ /cam: { exec: { command: [a] } } }'].map(load) as Settings[]
    if (!was || !is) throw new Error('no settings')
    expect(part.prepare(is, is)).toBeUndefined()
    const change = part.prepare(is, was)
    change?.apply()
    change?.undo()
    expect(updates.map((plans) => plans.map(({ path }) => path))).toEqual([['/cam'], []])
    mounts.add('/cam', new MediaFactory(() => Promise.reject(new Error('none'))))
    expect(mistakesOf(() => part.prepare(is, was)).join()).toContain(
      'sources./cam is in use: a client publishes there',
    )
  })
})
