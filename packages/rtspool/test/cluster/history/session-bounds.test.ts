import { describe, expect, it } from 'vitest'
import { explain } from './explain.js'
import { type HistoryEvent, stepsOf } from './history.js'
import { fullestMoment, misusedCredits } from './session-bounds.js'

const times = { leaseMs: 1000, graceMs: 1000, warmMs: 0 }
const epoch = 'na-1'
let serial = 0

const rules = { policy: 'strict', overdraft: 1 } as const
const claimsOf = (target: number, key = 'pool') => [{ key, target, max: 2 }]

/** A request and its reply; `to` absent = no reply. */
function exchange(node: string, at: number, call: object, reply?: object, to = at): HistoryEvent[] {
  const id = `r${++serial}`
  const sent = { kind: 'sent', at, node, id, call } as HistoryEvent
  return reply === undefined ? [sent] : [sent, { kind: 'answered', at: to, node, id, reply }]
}

const join = (node: string, at: number, tag = node): HistoryEvent[] => {
  const request = { tag, nonce: `n${tag}`, info: '', claims: [] }
  return exchange(node, at, { verb: 'join', request }, { status: 'ok', epoch, credits: [] })
}

function beat(
  node: string,
  at: number,
  seq: number,
  target: number,
  credits?: number,
  { to = at, key = 'pool' } = {},
) {
  const counts = { answeredSeq: 0, answeredFlushSeq: 0, live: 0, banCursor: '' }
  const request = { tag: node, epoch, seq, ...counts, claims: claimsOf(target, key) }
  const reply = credits === undefined ? undefined : { status: 'ok', credits: [credits] }
  return exchange(node, at, { verb: 'beat', request }, reply, to)
}

const use = (node: string, at: number, session: string, key = 'pool'): HistoryEvent => ({
  ...{ kind: 'use', at, node, session, keys: [key] },
})
const end = (node: string, at: number, session: string): HistoryEvent => ({
  ...{ kind: 'return', at, node, session, reason: 'teardown' },
})

function fullest(history: HistoryEvent[], policy: 'keep' | 'strict', key = 'pool') {
  const explained = explain(stepsOf(history), times)
  if (!explained.isExplained) throw new Error(explained.problem)
  return fullestMoment(history, explained.order, { policy, times, max: 2, overdraft: 1, key })
}

describe('misusedCredits', () => {
  it('accepts sessions within the credits of the last reply', () => {
    const history = [
      ...[...join('a', 0), ...beat('a', 1, 1, 2, 2), use('a', 2, 's'), use('a', 3, 't')],
      ...[end('a', 4, 's'), use('a', 5, 'u')],
    ]
    expect(misusedCredits(history, rules)).toEqual([])
  })

  it('finds a session before the reply, and one with a credit that was given back', () => {
    const early = [...join('a', 0), ...beat('a', 1, 1, 1), use('a', 2, 's')]
    expect(misusedCredits(early, rules)).toEqual(['a at 2: 1 sessions of pool with 0 credits'])
    const late = [
      ...join('a', 0),
      ...beat('a', 1, 1, 2, 2),
      ...beat('a', 2, 2, 0),
      use('a', 3, 's'),
    ]
    expect(misusedCredits(late, rules)).toEqual(['a at 3: 1 sessions of pool with 0 credits'])
  })

  it('ignores the reply to a request that was followed by another one', () => {
    const [sent, answered] = beat('a', 1, 1, 2, 2) as [HistoryEvent, HistoryEvent]
    const history = [...join('a', 0), sent, ...beat('a', 2, 2, 0), answered, use('a', 4, 's')]
    expect(misusedCredits(history, rules)).toHaveLength(1)
  })

  it('accepts the overdraft of a node whose ledger does not reply, and no more', () => {
    const history = lonely('user a')
    expect(misusedCredits(history, { ...rules, policy: 'keep' })).toEqual([])
    expect(misusedCredits(history, rules)).toHaveLength(1)
    expect(misusedCredits(lonely('pool'), { ...rules, policy: 'keep' })).toHaveLength(1)
    const more = [...history, use('a', 6, 'u', 'user a')]
    const answered = [...history.slice(0, -1), ...beat('a', 5, 3, 1, 1, key), ...history.slice(-1)]
    const early = history.filter(({ kind }) => kind !== 'failed')
    const never = history.slice(-3)
    for (const wrong of [more, answered, early, never]) {
      expect(misusedCredits(wrong, { ...rules, policy: 'keep' })).toHaveLength(1)
    }
  })
})

const key = { key: 'user a' }

/** Node a has one credit, gets no reply to a beat, and has two sessions under a limit. */
function lonely(name: string): HistoryEvent[] {
  const [sent] = beat('a', 3, 2, 1, undefined, { key: name }) as [HistoryEvent & { id: string }]
  return [
    ...[...join('a', 0), ...beat('a', 1, 1, 1, 1, { key: name }), use('a', 2, 's', name), sent],
    { kind: 'failed', at: 4, node: 'a', id: sent.id },
    use('a', 5, 't', name),
  ]
}

/** Node a is silent for longer than lease and grace; b gets its credits and uses them. */
function partition(): HistoryEvent[] {
  return [
    ...[...join('a', 0), ...join('b', 0), ...beat('a', 1, 1, 2, 2)],
    ...[use('a', 2, 's'), use('a', 2, 't'), ...beat('b', 2002, 1, 2, 2), use('b', 2003, 'u')],
  ]
}

describe('fullestMoment', () => {
  it('counts sessions of all nodes, and those of a killed process no longer', () => {
    const history = [...partition().slice(0, -1)]
    history.splice(-2, 0, { kind: 'killed', at: 100, node: 'a' })
    expect(fullest([...history, use('b', 2003, 'u')], 'strict')).toEqual({
      ...{ live: 2, uncounted: 0, bound: 2, brokenAt: undefined },
    })
  })

  it('finds too many sessions under strict, and allows those of a dead node under keep', () => {
    expect(fullest(partition(), 'strict')).toMatchObject({ live: 3, bound: 2, brokenAt: 2003 })
    expect(fullest(partition(), 'keep')).toMatchObject({ live: 3, bound: 4, brokenAt: undefined })
  })

  it('finds more sessions than those of the dead node explain', () => {
    const history = [...partition(), use('b', 2004, 'v'), use('b', 2005, 'w')]
    expect(fullest(history, 'keep')).toMatchObject({ live: 5, bound: 4, brokenAt: 2005 })
  })

  it('allows the overdraft of each node under keep, until its sessions have credits', () => {
    const others = [...join('b', 5), ...beat('b', 5, 1, 1, 1, key), use('b', 6, 'u', 'user a')]
    const history = [...lonely('user a'), ...others]
    expect(fullest(history, 'keep', 'user a')).toMatchObject({
      live: 3,
      bound: 3,
      brokenAt: undefined,
    })
    expect(fullest(history, 'strict', 'user a').brokenAt).toBe(6)
    const more = [...history, use('b', 7, 'v', 'user a'), use('b', 8, 'w', 'user a')]
    expect(fullest(more, 'keep', 'user a').brokenAt).toBe(8)
    const over = [...history, end('b', 7, 'u'), ...beat('b', 8, 2, 0, 0, key)]
    const settled = [...over, ...beat('a', 9, 3, 2, 2, key), use('b', 10, 'x', 'user a')]
    expect(fullest(settled, 'keep', 'user a').brokenAt).toBe(undefined)
    expect(fullest([...settled, use('b', 11, 'y', 'user a')], 'keep', 'user a').brokenAt).toBe(11)
  })

  it('allows a process that was stopped what it could not end', () => {
    const stall: HistoryEvent = { kind: 'stalled', at: 3, until: 2500, node: 'a' }
    expect(fullest([...partition(), stall], 'strict').brokenAt).toBe(undefined)
    const brief: HistoryEvent = { ...stall, until: 1002 }
    expect(fullest([...partition(), brief], 'strict').brokenAt).toBe(2003)
  })

  it('allows the credits of a node that a ledger with older data has granted twice', () => {
    const history: HistoryEvent[] = [
      ...[...join('a', 0), ...join('b', 0), ...beat('a', 1, 1, 2, 2), use('a', 2, 's')],
      { kind: 'restarted', at: 3, readyAt: 4, kept: 'older' },
      ...[...beat('b', 5, 1, 2, 2), use('b', 6, 't'), use('b', 6, 'u')],
    ]
    expect(fullest(history, 'strict')).toMatchObject({ live: 3, bound: 4, brokenAt: undefined })
  })
})
