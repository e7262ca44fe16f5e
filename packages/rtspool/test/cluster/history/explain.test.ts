import { describe, expect, it } from 'vitest'
import { explain } from './explain.js'
import { type HistoryEvent, type LedgerStep, stepsOf } from './history.js'

const times = { leaseMs: 1000, graceMs: 1000, warmMs: 1000 }
const epoch = 'na-1'
const max = 5
const never = Number.POSITIVE_INFINITY

const claimsOf = (target: number) => [{ key: 'pool', target, max }]
const granted = (credits: number) => ({ status: 'ok', epoch, credits: [credits] }) as const

/** Request of a node at `from`, with its reply at `to`; `to` absent = no reply. */
function join(tag: string, from: number, to: number, target = 0, credits = target): LedgerStep {
  const request = { tag, nonce: `n${tag}`, info: '', claims: claimsOf(target) }
  return { verb: 'join', node: tag, from, to, request, reply: granted(credits) }
}

/** Beat with a claim for `target` credits; `reply` absent = none arrived. */
function beat(
  tag: string,
  seq: number,
  [from, to]: readonly [number, number],
  target: number,
  reply?: number | 'fenced' | 'epoch' | 'stale',
  more: { readonly reap?: string; readonly answeredSeq?: number } = {},
): LedgerStep {
  const { reap, answeredSeq = 0 } = more
  const counts = { answeredSeq, answeredFlushSeq: 0, live: 0, banCursor: '' }
  const request = { tag, epoch, seq, ...counts, claims: claimsOf(target) }
  const facts = { isStarving: false, version: 1, reap, bans: [], banCursor: '' }
  const step = { verb: 'beat', node: tag, from, to, request } as const
  if (reply === undefined) return { ...step, to: never }
  if (typeof reply === 'string') return { ...step, reply: { status: reply } }
  const told = { ...facts, isBanReset: false, hasMoreBans: false }
  return { ...step, reply: { status: 'ok', credits: [reply], ...told } }
}

function look(from: number, to: number, sum: number): LedgerStep {
  const request = { key: 'pool' }
  return { verb: 'look', node: 'witness', from, to, request, reply: { granted: sum } }
}

const start = [join('a', 0, 1), join('b', 1, 2)]
const warm = 2000

/** History that an order explains, or the one step that makes it impossible. */
const cases: { name: string; steps: LedgerStep[]; isExplained: boolean }[] = [
  {
    name: 'two nodes that ask at the same time, the second one first',
    steps: [beat('a', 1, [warm, warm + 9], 4, 1), beat('b', 1, [warm + 1, warm + 8], 4, 4)],
    isExplained: true,
  },
  {
    name: 'two nodes that ask one after the other, and the second one gets what the first one has',
    steps: [beat('a', 1, [warm, warm + 1], 4, 4), beat('b', 1, [warm + 2, warm + 3], 4, 4)],
    isExplained: false,
  },
  {
    name: 'a request without reply that was carried out',
    steps: [beat('a', 1, [warm, never], 3), beat('b', 1, [warm + 2, warm + 3], 4, 2)],
    isExplained: true,
  },
  {
    name: 'a request without reply that never was',
    steps: [beat('a', 1, [warm, never], 3), beat('b', 1, [warm + 2, warm + 3], 4, 4)],
    isExplained: true,
  },
  {
    name: 'a request without reply that was carried out in part',
    steps: [beat('a', 1, [warm, never], 3), beat('b', 1, [warm + 2, warm + 3], 4, 3)],
    isExplained: false,
  },
  {
    name: 'credits at once after the beginning',
    steps: [beat('a', 1, [10, 11], 2, 2)],
    isExplained: false,
  },
  {
    name: 'a node that is dead after lease and grace, and its credits for another one',
    steps: [
      beat('a', 1, [warm, warm + 1], 5, 5),
      beat('b', 1, [warm + 2001, warm + 2002], 5, 5, { reap: 'a' }),
      beat('a', 2, [warm + 2003, warm + 2004], 5, 'fenced'),
    ],
    isExplained: true,
  },
  {
    name: 'a node that is dead too early',
    steps: [
      beat('a', 1, [warm, warm + 1], 5, 5),
      beat('b', 1, [warm + 1900, warm + 1901], 5, 5, { reap: 'a' }),
    ],
    isExplained: false,
  },
  {
    name: 'a dead node that goes on as if nothing had happened',
    steps: [
      beat('a', 1, [warm, warm + 1], 5, 5),
      beat('b', 1, [warm + 2001, warm + 2002], 5, 5),
      beat('a', 2, [warm + 2003, warm + 2004], 0, 0),
    ],
    isExplained: false,
  },
  {
    name: 'a beat that was overtaken',
    steps: [
      beat('a', 2, [warm, warm + 1], 1, 1),
      beat('a', 1, [warm, warm + 3], 5, 'stale'),
      look(warm + 4, warm + 5, 1),
    ],
    isExplained: true,
  },
  {
    name: 'a beat that was overtaken and carried out',
    steps: [beat('a', 2, [warm, warm + 1], 1, 1), beat('a', 1, [warm + 2, warm + 3], 5, 5)],
    isExplained: false,
  },
  {
    name: 'a witness who sees credits that nobody has',
    steps: [beat('a', 1, [warm, warm + 1], 2, 2), look(warm + 2, warm + 3, 3)],
    isExplained: false,
  },
  {
    name: 'a ledger that has lost its data without a restart',
    steps: [beat('a', 1, [warm, warm + 1], 2, 'epoch')],
    isExplained: false,
  },
  {
    name: 'a ledger that has lost its data in a restart',
    steps: [
      { verb: 'restart', kept: 'nothing', from: warm, to: warm + 9 },
      beat('a', 1, [warm + 10, warm + 11], 2, 'epoch'),
    ],
    isExplained: true,
  },
  {
    name: 'a ledger that returns with older data, which a node notices',
    steps: [
      beat('a', 1, [warm, warm + 1], 2, 2),
      { verb: 'restart', kept: 'older', from: warm + 2, to: warm + 9 },
      look(warm + 10, warm + 11, 0),
      beat('a', 2, [warm + 12, warm + 13], 2, 'epoch', { answeredSeq: 1 }),
    ],
    isExplained: true,
  },
  {
    name: 'a ledger that returns with older data, and a node that is not told',
    steps: [
      beat('a', 1, [warm, warm + 1], 2, 2),
      { verb: 'restart', kept: 'older', from: warm + 2, to: warm + 9 },
      look(warm + 10, warm + 11, 0),
      beat('a', 2, [warm + 12, warm + 13], 2, 2, { answeredSeq: 1 }),
    ],
    isExplained: false,
  },
]

describe('explain', () => {
  it.each(cases)('$name: $isExplained', ({ steps, isExplained }) => {
    const result = explain([...start, ...steps], times)
    expect(result.isExplained).toBe(isExplained)
    if (result.isExplained) expect(result.order.length).toBeGreaterThan(2)
    else expect(result.problem).toMatch(/^no order explains \{.*members: /)
  })

  it('takes the times of the ledger where it tells them', () => {
    const request = { tag: 'a', nonce: 'na', info: '', claims: claimsOf(0) }
    const at = (kind: 'sent' | 'carriedOut' | 'answered', time: number) =>
      ({
        kind,
        at: time,
        node: 'a',
        id: '1',
        call: { verb: 'join', request },
        reply: granted(0),
      }) as HistoryEvent
    const history = [at('sent', 1), at('carriedOut', 5), at('answered', 9)]
    const timesOf = (isNarrow: boolean) =>
      stepsOf(history, isNarrow).map(({ from, to }) => [from, to])
    expect([timesOf(false), timesOf(true)]).toEqual([[[1, 9]], [[5, 5]]])
  })
})
