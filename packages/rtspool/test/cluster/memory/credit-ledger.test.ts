import { describe, expect, it } from 'vitest'
import { CreditLedger } from '../../../src/cluster/memory/credit-ledger.js'

describe('CreditLedger', () => {
  it('grants no more than the limit to all nodes together', () => {
    const ledger = new CreditLedger()
    expect(ledger.settle('a', { key: 'pool', target: 3, max: 4 }, true)).toBe(3)
    expect(ledger.settle('b', { key: 'pool', target: 3, max: 4 }, true)).toBe(1)
    expect(ledger.settle('a', { key: 'pool', target: 1, max: 4 }, true)).toBe(1)
    expect(ledger.settle('b', { key: 'pool', target: 3, max: 4 }, true)).toBe(3)
    expect(ledger.usage('pool')).toEqual({ granted: 4, nodes: { a: 1, b: 3 } })
  })

  it('takes back, but gives nothing, while it may not raise', () => {
    const ledger = new CreditLedger()
    ledger.settle('a', { key: 'pool', target: 3, max: 4 }, true)
    expect(ledger.settle('a', { key: 'pool', target: 4, max: 4 }, false)).toBe(3)
    expect(ledger.settle('a', { key: 'pool', target: 2, max: 4 }, false)).toBe(2)
  })

  it('keeps what a node has when the limit was lowered, and gives nothing more', () => {
    const ledger = new CreditLedger()
    ledger.settle('a', { key: 'user u', target: 3, max: 3 }, true)
    expect(ledger.settle('a', { key: 'user u', target: 3, max: 1 }, true)).toBe(3)
    expect(ledger.settle('b', { key: 'user u', target: 1, max: 1 }, true)).toBe(0)
  })

  it('takes the credits of a dead node limit by limit', () => {
    const ledger = new CreditLedger()
    for (const key of ['pool', 'user u', 'user v', 'path /p']) {
      ledger.settle('a', { key, target: 1, max: 1 }, true)
    }
    ledger.takePool('a')
    expect(ledger.usage('pool')).toEqual({ granted: 0, nodes: {} })
    expect(ledger.take('a', 2)).toBe(false)
    expect(ledger.take('a', 2)).toBe(true)
    expect(ledger.usage('path /p')).toEqual({ granted: 0, nodes: {} })
  })
})
