import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { nextTurn } from '../../../rtspool/test/support/until.js'
import type { ControlledServer } from '../../src/api/controlled-server.js'
import { limitOperations } from '../../src/api/operations/limits.js'
import { parseConfigFile } from '../../src/config/config-file.js'
import { valueAt } from '../../src/config/key-schema.js'
import { ConfigStore } from '../../src/config/save/config-store.js'
import { editConfig } from '../../src/config/save/edit-config.js'
import { EventFeed } from '../../src/events/event-feed.js'
import { runningConfig } from './running-config.js'

const folder = mkdtempSync(join(tmpdir(), 'rtspool-changes-'))
afterAll(() => rmSync(folder, { recursive: true }))

const limits = ['maxSessions', 'maxSessionsPerUser', 'maxConnections'] as const
type Limit = (typeof limits)[number]
type Values = Record<Limit, number>

/** A change, and the turns of the event loop between it and the next one. */
interface Step {
  readonly kind: 'save' | 'patch' | 'edit' | 'reload' | 'refused'
  readonly limit: Limit
  readonly value: number
  readonly turns: number
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('save', 'patch', 'edit', 'reload', 'refused'),
  limit: fc.constantFrom(...limits),
  value: fc.integer({ min: 1, max: 90 }),
  turns: fc.constantFrom(0, 0, 1, 3, 10, 40),
})

const first: Values = { maxSessions: 10, maxSessionsPerUser: 20, maxConnections: 30 }
const textOf = (values: Values): string => `# mine\nlimits: ${JSON.stringify(values)}\n`
const changeLimits = limitOperations.find(({ id }) => id === 'changeLimits')

/** The server, its file, and a program beside it that edits a key of its own. */
function scene(file: string) {
  const { server, reloader } = runningConfig(file, textOf(first))
  const store = new ConfigStore(reloader)
  const configuration = { reloader, store }
  const controlled = { rtsp: server, configuration, events: new EventFeed() }
  const parsed = () => parseConfigFile(file, readFileSync(file, 'utf8'))
  return {
    save: (limit: Limit, value: number) => store.save([{ path: ['limits', limit], value }], 'ann'),
    refused: () =>
      store.save([{ path: ['rtsp', 'port'], value: 1 }], 'ann').then(
        () => expect.unreachable(),
        () => undefined,
      ),
    patch: async (limit: Limit, value: number) =>
      changeLimits?.handle({ server: controlled as unknown as ControlledServer } as never, {
        params: {},
        query: {},
        body: { [limit]: value },
      }),
    reload: () => reloader.reload('test'),
    edit: (value: number) => {
      const change = { path: ['viewers', 'slowReaderTimeout'], value }
      writeFileSync(`${file}.new`, editConfig(parsed(), [change]).text)
      renameSync(`${file}.new`, file)
    },
    inFile: (section: string, key: string) => valueAt(parsed().tree, [section, key]),
    config: () => reloader.current.config,
    live: (): Values => {
      const { maxSessions, maxSessionsPerUser } = server.pool.limits
      return { maxSessions, maxSessionsPerUser, ...pick(server.connectionLimits) }
    },
  }
}

const pick = ({ maxConnections }: { readonly maxConnections: number }) => ({ maxConnections })

let turn = 0

/** Makes all changes without waiting for one another, and compares the end with the same changes one by one. */
async function check(steps: readonly Step[]): Promise<void> {
  const file = join(folder, `${turn++}.yml`)
  const { save, refused, patch, reload, edit, inFile, config, live } = scene(file)
  const saved = { ...first }
  const wanted = { ...first }
  let edited: number | undefined
  const running: Promise<unknown>[] = []
  for (const { kind, limit, value, turns } of steps) {
    if (kind === 'save') {
      running.push(save(limit, value))
      if (saved[limit] !== value) wanted[limit] = value
      saved[limit] = value
    } else if (kind === 'patch') {
      running.push(patch(limit, value))
      wanted[limit] = value
    } else if (kind === 'edit') {
      edit(value)
      edited = value
    } else running.push(kind === 'reload' ? reload() : refused())
    await nextTurn(turns)
  }
  await Promise.all(running)
  expect(await reload()).toMatchObject({ ok: true })
  expect(live()).toEqual(wanted)
  const { maxSessions, maxSessionsPerUser, maxConnections } = config().limits
  expect({ maxSessions, maxSessionsPerUser, maxConnections }).toEqual(saved)
  for (const limit of limits) expect(inFile('limits', limit)).toBe(saved[limit])
  expect(inFile('viewers', 'slowReaderTimeout')).toBe(edited)
  expect(readFileSync(file, 'utf8')).toMatch(/^# mine\n/)
}

it('changes by API, signal and file at once end as if they were made one by one', async () => {
  const steps = fc.array(step, { minLength: 2, maxLength: 10 })
  await fc.assert(fc.asyncProperty(steps, check), { seed: 20261129, numRuns: 60 })
})
