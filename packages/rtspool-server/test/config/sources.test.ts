import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { MediaFactory, MountPoints, RtspServer } from 'rtspool'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { LoadedConfig } from '../../src/config/load-config.js'
import { freedPathsPart, mountsPart, sourcesPart } from '../../src/config/reload/path-parts.js'
import { sourcePlansOf } from '../../src/config/sections/sources/source-plans.js'
import type { Settings } from '../../src/config/settings.js'
import { type PullPlan, relayOptionsOf, relaySourcesOf } from '../../src/sources/pull/pull-plan.js'
import { type SourcePlan, SourceService } from '../../src/sources/source-service.js'
import { loadText, mistakesOf } from './config-text.js'

const load = (sources: string) => loadText(`sources: ${sources}\n`)

describe('sources of a configuration', () => {
  it('are programs with defaults, and a folder relative to the file', () => {
    const loaded = load('{ /cam: { exec: { command: [a, "b c"], folder: disk } } }')
    expect(sourcePlansOf(loaded, {})).toEqual([
      {
        kind: 'exec',
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
    ['{ /cam: {} }', 'sources./cam must be settings with either pull or exec'],
    ['{ /cam: { pull: { url: "http://u:canary@h" } } }', 'pull.url must be an RTSP URL, such as'],
    ['{ /cam: { pull: "rtsp://u:canary@h" } }', 'sources./cam.pull must be a stream, such as'],
    ['{ /cam: { pull: { url: "rtsp://h", transport: sctp } } }', "got 'sctp'"],
    ['{ /cam: { pull: { url: "rtsp://h", fingerprint: ab } } }', 'must be a SHA-256 fingerprint'],
    [
      '{ /cam: { pull: { url: "rtsp://h", onvif: "http://u:canary@h" } } }',
      'pull.onvif must be a URL with http or https, without user and password',
    ],
    [
      '{ /cam: { pull: { url: "rtsp://h", onvif: "http://:canary@h" } } }',
      'pull.onvif must be a URL with http or https, without user and password',
    ],
    [
      '{ /cam: { pull: { url: "rtsp://h", onvif: "192.0.2.7/onvif" } } }',
      'pull.onvif must be a URL with http or https, got other text',
    ],
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

  it('are pulled streams, with passwords from files and variables', () => {
    const folder = mkdtempSync(join(tmpdir(), 'rtspool-passwords-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'camera password')
    writeFileSync(file, 'of file\n')
    const pull = (more: string) => load(`{ /cam: { pull: { url: "rtsp://h/x"${more} } } }`)
    const plansOf = (loaded: LoadedConfig) => sourcePlansOf(loaded, { KEY: 'of variable' })
    expect(plansOf(pull(', username: ann'))).toEqual([
      {
        ...{ kind: 'pull', path: '/cam', url: 'rtsp://h/x', username: 'ann', password: undefined },
        ...{ transport: 'auto', fingerprint: undefined, basic: 'overTls', maxRedirects: 5 },
        ...{ alwaysOn: false, lingerSeconds: 10, holdSeconds: 60, startSeconds: 10 },
        ...{ stallSeconds: 15, failover: [], returnSeconds: 10 },
      },
    ])
    expect(plansOf(pull(`, passwordFile: "${file}"`))).toMatchObject([{ password: 'of file' }])
    expect(plansOf(pull(', passwordVariable: KEY'))).toMatchObject([{ password: 'of variable' }])
    const refused = (more: string) => mistakesOf(() => plansOf(pull(more))).join()
    expect(refused(', passwordFile: /no/such')).toContain('passwordFile /no/such cannot be read')
    expect(refused(', passwordVariable: NONE')).toContain('names NONE, which is not set')
    expect(refused(`, passwordVariable: KEY, passwordFile: "${file}"`)).toContain('exclude each')
  })

  it('have spare URLs, which get the login of the first unless they have their own', () => {
    const more = 'failover: ["rtsp://spare/x", "rtsp://bob:own@other/x"], returnSeconds: 5'
    const text = `{ /cam: { pull: { url: "rtsp://h/x", username: ann, passwordVariable: KEY, ${more} } } }`
    const [plan] = sourcePlansOf(load(text), { KEY: 'word' }) as PullPlan[]
    if (!plan) throw new Error('no plan')
    const login = { username: 'ann', password: 'word' }
    expect(relaySourcesOf(plan)).toEqual([
      { url: 'rtsp://h/x', ...login, basic: 'overTls', maxRedirects: 5 },
      { url: 'rtsp://spare/x', ...login, basic: 'overTls', maxRedirects: 5 },
      { url: 'rtsp://bob:own@other/x', basic: 'overTls', maxRedirects: 5 },
    ])
    const url = 'rtsp://eve:in%20url@h/x'
    const ofUrl = relaySourcesOf({ ...plan, url, username: undefined, password: undefined })
    expect(ofUrl[1]).toMatchObject({ username: 'eve', password: 'in url' })
    expect(relaySourcesOf({ ...plan, url })[1]).toMatchObject(login)
    expect(ofUrl[2]).not.toHaveProperty('username')
    expect(relayOptionsOf(plan)).toMatchObject({ returnSeconds: 5 })
    const wrong = '{ /cam: { pull: { url: "rtsp://h", failover: ["http://u:canary@h"] } } }'
    const mistakes = mistakesOf(() => load(wrong)).join()
    expect(mistakes).toContain('sources./cam.pull.failover')
    expect(mistakes).not.toContain('canary')
    const many = `[${Array(16).fill('"rtsp://h"').join()}]`
    const tooMany = `{ /cam: { pull: { url: "rtsp://h", failover: ${many} } } }`
    expect(mistakesOf(() => load(tooMany)).join()).toContain('a list of at most 15 RTSP URLs')
  })

  it('send viewers a slate from a file', () => {
    const plansOf = (text: string) => sourcePlansOf(load(text), {})
    const optionsOf = (more: string) => {
      const [plan] = plansOf(`{ /cam: { pull: { url: "rtsp://h" }${more} } }`)
      return relayOptionsOf(plan as PullPlan).onAway
    }
    expect(optionsOf('')).toEqual({ holdSeconds: 60 })
    const away = optionsOf(', slate: away.mp4, holdSeconds: 5')
    expect(away).toEqual({ holdSeconds: 5, slate: expect.any(Function) })
    // The same function, so that a reload without a change changes nothing.
    expect(optionsOf(', slate: away.mp4, holdSeconds: 5')).toEqual(away)
    const program = '{ /cam: { exec: { command: [a] }, slate: away.mp4 } }'
    expect(plansOf(program)).toMatchObject([
      { kind: 'exec', slate: expect.stringMatching(/away\.mp4$/) },
    ])
  })

  it('cannot share a path with a file', () => {
    const text = 'paths: { /cam: { file: a.mp4 } }\nsources: { /cam: { exec: { command: [a] } } }\n'
    expect(mistakesOf(() => loadText(text)).join()).toContain(
      'sources./cam and paths./cam.file exclude each other',
    )
  })

  it('move to a file and back by one reload, also when the reload is undone', async () => {
    const server = new RtspServer({ port: 0 })
    const { mounts } = server
    const service = new SourceService(mounts)
    onTestFinished(() => service.close())
    const settingsOf = (text: string) => loadText(`testPicture: false\n${text}\n`) as Settings
    const source = settingsOf('sources: { /cam: { pull: { url: "rtsp://192.0.2.1/" } } }')
    const file = settingsOf('paths: { /cam: { file: a.mp4 }, /b: { file: b.mp4 } }')
    const parts = [freedPathsPart(server), sourcesPart(server, service, {}), mountsPart(server)]
    const change = (after: Settings, before: Settings) => {
      const prepared = parts.map((part) => part.prepare(after, before))
      for (const each of prepared) each?.apply()
      return () => {
        for (const each of [...prepared].reverse()) each?.undo()
      }
    }
    const state = () => [service.plans.length, [...mounts].map(([path]) => path)]
    change(source, settingsOf(''))
    expect(state()).toEqual([1, ['/cam']])
    const undo = change(file, source)
    expect(state()).toEqual([0, ['/cam', '/b']])
    undo()
    expect(state()).toEqual([1, ['/cam']])
    change(file, source)
    const undoReturn = change(source, file)
    expect(state()).toEqual([1, ['/cam']])
    undoReturn()
    expect(state()).toEqual([0, ['/cam', '/b']])
  })

  it('change by a reload, unless a client publishes at the path', () => {
    const updates: (readonly SourcePlan[])[] = []
    const mounts = new MountPoints()
    const service = {
      plans: [] as SourcePlan[],
      update: (plans: readonly SourcePlan[]) => {
        updates.push(plans)
        service.plans = [...plans]
      },
    }
    const part = sourcesPart({ mounts }, service, {})
    const [was, is] = ['{}', '{ /cam: { exec: { command: [a] } } }'].map(load) as Settings[]
    if (!was || !is) throw new Error('no settings')
    expect(part.prepare(was, is)).toBeUndefined()
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
