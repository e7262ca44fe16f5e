import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { reasonTexts, stateClass, stateText } from '../../src/sources/source-view.js'
import { source } from './source.js'

describe('words of a source', () => {
  it.for([
    [{ state: 'idle', reason: 'unreachable' }, 'idle', undefined],
    [{ state: 'connecting', reason: 'timeout' }, 'connecting', undefined],
    [{ state: 'playing', transport: 'tcp' }, 'playing (tcp)', 'good'],
    [{ state: 'running' }, 'running', 'good'],
    [{ state: 'stalled', reason: 'stalled' }, 'stalled', 'warn'],
    [{ state: 'waiting', reason: 'unreachable' }, 'waiting: no connection', 'warn'],
    [{ state: 'failed', reason: 'unauthorized' }, 'failed: wrong user or password', 'alarm'],
    [{ state: 'failed', reason: 'later' }, 'failed: later', 'alarm'],
  ] as const)('say state and reason of %j', ([members, words, kind]) => {
    const view = { ...source, ...members }
    expect([stateText(view), stateClass(view)]).toEqual([words, kind])
  })

  it('know all reasons of pulls and programs', () => {
    const files = [
      ['rtspool/src/relay/relay-status.ts', 'RelayReason'],
      ['rtspool-server/src/sources/source-status.ts', 'ExecFailure'],
    ] as const
    const reasons = files.flatMap(([file, type]) => {
      const text = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8')
      const union = new RegExp(`type ${type} =([^;]*?)\n\n`).exec(text)?.[1] ?? ''
      return [...union.matchAll(/'(\w+)'/g)].map(([, name = '']) => name)
    })
    expect(reasons.length).toBeGreaterThan(12)
    expect([...new Set(reasons)].sort()).toEqual(Object.keys(reasonTexts).sort())
  })
})
