import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { ConfigSources } from '../../src/config/load-config.js'
import { loadSettings } from '../../src/config/settings.js'
import { endLimitMs } from '../../src/processes/end-limit.js'

/** Options of a command with a file of configuration, which a test may replace. */
function withFile(text: string) {
  const folder = mkdtempSync(join(tmpdir(), 'rtspool-end-limit-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'rtspool.yml')
  const write = (content: string): void => writeFileSync(file, content)
  write(text)
  const sources: ConfigSources = {
    ...{ file, environment: {}, users: [] },
    flags: { kind: 'flags', tree: {}, sourceOf: () => '', textOf: () => undefined },
  }
  return { options: { sources, settings: loadSettings(sources) }, write }
}
const drain = (seconds: number) => `sessions: { drainSeconds: ${seconds} }`

it('lets processes drain for the longest time that their file has named', () => {
  const { options, write } = withFile(drain(5))
  expect(endLimitMs('SIGTERM', options)).toBe(25_000)
  write(drain(60))
  expect(endLimitMs('SIGTERM', options)).toBe(80_000)
  // A process that has not read it yet drains for 5 s.
  write(drain(0))
  expect(endLimitMs('SIGTERM', options)).toBe(25_000)
})

it('adds the delay before processes drain', () => {
  const { options, write } = withFile('sessions: { drainDelaySeconds: 10, drainSeconds: 5 }')
  expect(endLimitMs('SIGTERM', options)).toBe(35_000)
  write('sessions: { drainDelaySeconds: 30 }')
  expect(endLimitMs('SIGTERM', options)).toBe(50_000)
})

it('knows the time of the start when the file has a mistake or is away', () => {
  const { options, write } = withFile(drain(5))
  write('sessions: { drainSeconds: soon }')
  expect(endLimitMs('SIGTERM', options)).toBe(25_000)
  write('{')
  expect(endLimitMs('SIGTERM', options)).toBe(25_000)
})

it('counts no time for sessions to end at SIGINT', () => {
  const { options } = withFile(drain(5))
  expect(endLimitMs('SIGINT', options)).toBe(20_000)
})
