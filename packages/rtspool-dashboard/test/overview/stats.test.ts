import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  leavingCauses,
  refusalCauses,
  type StatsView,
  tightestPart,
} from '../../src/overview/stats.js'

const statsOf = (removed: Record<string, number>, refused = {}): StatsView => ({
  sessions: { now: 0, highWaterMark: 0, created: 0, removed, refused },
  ...{ connections: 0, refusedConnections: 0, media: 0, mediaDown: 0 },
})

describe('causes of the overview', () => {
  it('are those that have happened, the most frequent first', () => {
    const causes = leavingCauses(statsOf({ teardown: 1, kicked: 3, timeout: 0 }))
    expect(causes.map(({ name, count, share }) => [name, count, share])).toEqual([
      ['kicked', 3, 0.75],
      ['teardown', 1, 0.25],
    ])
    expect(leavingCauses(statsOf({}))).toEqual([])
  })

  it('have a sentence each', () => {
    const all = Object.fromEntries(removalReasons().map((reason) => [reason, 1]))
    expect(Object.keys(all).length).toBeGreaterThan(15)
    expect(leavingCauses(statsOf(all)).filter(({ text }) => text === '')).toEqual([])
    const [refusal] = refusalCauses(statsOf({}, { maxSessions: 2 }))
    expect(refusal).toMatchObject({ count: 2, text: expect.stringContaining('largest number') })
  })
})

describe('pressure', () => {
  it('names the resource that is nearest to its limit', () => {
    expect(tightestPart({ heap: 0.1, queues: 0.4, loopDelay: 0.2 })).toBe('the queues of viewers')
  })
})

/** Reasons of the library, out of its source. */
function removalReasons(): string[] {
  const source = '../../../rtspool/src/session-pool/session-state.ts'
  const text = readFileSync(new URL(source, import.meta.url), 'utf8')
  const list = /export const removalReasons[^\]]*/.exec(text)?.[0] ?? ''
  return [...list.matchAll(/'(\w+)'/g)].map(([, reason = '']) => reason)
}
