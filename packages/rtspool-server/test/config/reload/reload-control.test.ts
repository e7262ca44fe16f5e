import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { RtspServer } from 'rtspool'
import { expect, it, onTestFinished } from 'vitest'
import { ReloadControl } from '../../../src/config/reload/reload-control.js'
import { keySchema } from '../../../src/config/schema.js'
import { sourcePlansOf } from '../../../src/config/sections/sources/source-plans.js'
import { serverOptionsOf } from '../../../src/config/server-options.js'
import { loadSettings } from '../../../src/config/settings.js'
import { LevelSwitch } from '../../../src/log/level-switch.js'
import { flagsLayer } from '../../../src/options/flags-layer.js'
import { createCommand } from '../../../src/options.js'
import type { SourcePlan } from '../../../src/sources/source-service.js'

const source = '{ pull: { url: "rtsp://192.0.2.7/", username: eve, passwordFile: camera } }'

/** A command that does not watch its configuration, and the number of changes that it has passed on. */
function startControl() {
  const folder = mkdtempSync(join(tmpdir(), 'rtspool-control-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const put = (name: string, text: string) =>
    writeFileSync(join(folder, name), text, { mode: 0o600 })
  const putConfig = (more: string) =>
    put('rtspool.yml', `watchConfig: false\nsources: { /cam: ${source} }\n${more}`)
  put('camera', 'first\n')
  putConfig('')
  const flags = flagsLayer(keySchema(), createCommand('1').parse([], { from: 'user' }))
  const sources = { file: join(folder, 'rtspool.yml'), environment: {}, flags, users: [] }
  const settings = loadSettings(sources)
  const server = new RtspServer(serverOptionsOf(settings, undefined))
  let plans: readonly SourcePlan[] = sourcePlansOf(settings, {})
  const update = (next: readonly SourcePlan[]) => {
    plans = next
  }
  const log = pino({ level: 'silent' })
  const control = new ReloadControl(
    { sources, settings },
    {
      ...{ server, certificate: undefined, otherPorts: [] },
      ...{ log, levels: new LevelSwitch(log) },
      recordings: { update: () => {} },
      replay: { update: () => {}, isTaken: () => false },
      sources: {
        get plans() {
          return [...plans]
        },
        update,
      },
    },
  )
  onTestFinished(() => control.close())
  let passedOn = 0
  control.passOn(() => void passedOn++)
  return { control, put, putConfig, passedOn: () => passedOn, plans: () => plans }
}

it('passes on changes by the API, also of files with passwords', async () => {
  const { control, put, putConfig, passedOn, plans } = startControl()
  putConfig('limits: { maxSessions: 7 }\n')
  expect((await control.reload('API token a')).changed).toEqual(['limits.maxSessions'])
  expect(passedOn()).toBe(1)
  const before = plans()
  put('camera', 'second\n')
  expect(await control.reload('API token a')).toMatchObject({ ok: true, changed: [] })
  expect(plans()).not.toEqual(before)
  expect(passedOn()).toBe(2)
  await control.store.save([{ path: ['limits', 'maxSessions'], value: 8 }], 'API token a')
  expect(passedOn()).toBe(3)
})

it('passes on neither what a signal or a file has caused, nor what was refused', async () => {
  const { control, putConfig, passedOn } = startControl()
  for (const [count, by] of ['SIGHUP', 'file change'].entries()) {
    putConfig(`limits: { maxSessions: ${7 + count} }\n`)
    expect((await control.reload(by)).changed).toEqual(['limits.maxSessions'])
  }
  putConfig('limits: { maxSessions: many }\n')
  expect((await control.reload('API token a')).ok).toBe(false)
  expect(passedOn()).toBe(0)
})
