import { describe, expect, it } from 'vitest'
import { Nonces } from '../../../src/server/auth/nonces.js'

const address = '127.0.0.1'
const connection = {}

describe('nonces', () => {
  it('are good for their lifetime, and not longer', { tags: 'A-DIG-4' }, () => {
    const nonces = new Nonces(2000)
    const nonce = nonces.issue(address, 1000.7, connection)
    expect(nonces.isFresh(nonce, address, 1000.7)).toBe(true)
    expect(nonces.isFresh(nonce, address, 3000)).toBe(true)
    expect(nonces.isFresh(nonce, address, 3001)).toBe(false)
  })

  it('are good for one address of one server', { tags: ['A-DIG-4', 'B-REPLAY'] }, () => {
    const nonces = new Nonces(2000)
    const nonce = nonces.issue(address, 1000, connection)
    expect(nonces.isFresh(nonce, '127.0.0.2', 1000)).toBe(false)
    expect(new Nonces(2000).isFresh(nonce, address, 1000)).toBe(false)
  })

  it('cannot be made, changed or spelled otherwise', { tags: 'A-DIG-4' }, () => {
    const nonces = new Nonces(2000)
    const nonce = nonces.issue(address, 1000, connection)
    for (let at = 0; at < nonce.length; at++) {
      const changed = nonce.slice(0, at) + (nonce[at] === '0' ? '1' : '0') + nonce.slice(at + 1)
      expect(nonces.isFresh(changed, address, 1000)).toBe(false)
    }
    for (const other of ['', 'x'.repeat(76), nonce.toUpperCase(), `${nonce}00`, nonce.slice(2)]) {
      expect(nonces.isFresh(other, address, 1000)).toBe(other === nonce)
    }
  })

  it('two of the same instant differ', { tags: 'A-DIG-4' }, () => {
    const nonces = new Nonces(2000)
    expect(nonces.issue(address, 1000, connection)).not.toBe(
      nonces.issue(address, 1000, connection),
    )
  })

  it('each count can be used once, in any order within 32', { tags: 'A-DIG-5' }, () => {
    const nonces = new Nonces(2000)
    const nonce = nonces.issue(address, 1000, connection)
    const uses = [5, 5, 4, 4, 6, 1, 1, 37, 37, 6, 5, 7, 40, 39, 8, 9, 9, 100, 68, 69, 69]
    const isNew = uses.map((count) => nonces.use(nonce, count, 1000))
    // 5 is 32 below 37, and 68 is 32 below 100: whatever is that old counts as used.
    expect(uses.filter((_, index) => isNew[index])).toEqual([5, 4, 6, 1, 37, 7, 40, 39, 9, 100, 69])
  })

  it('largest counts', { tags: 'A-DIG-5' }, () => {
    const nonces = new Nonces(2000)
    const nonce = nonces.issue(address, 1000, connection)
    const uses = [0, 0, 2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 2, 31, 0]
    expect(uses.map((count) => nonces.use(nonce, count, 1000))).toEqual([
      ...[true, false, true, false, true, false, false],
    ])
  })

  it('forgotten nonces cannot be used again, nor can older ones', { tags: 'B-REPLAY' }, () => {
    const nonces = new Nonces(2000, 3)
    const all = [0, 1, 2, 3, 4].map((ms) => nonces.issue(address, 1000 + ms, connection))
    const [unused, first, second, third, fourth] = all as [string, string, string, string, string]
    for (const nonce of [first, second, third, fourth]) nonces.use(nonce, 1, 1010)
    expect(nonces.countedSize).toBe(3)
    expect(all.map((nonce) => nonces.isFresh(nonce, address, 1010))).toEqual([
      ...[false, false, true, true, true],
    ])
    expect(nonces.isFresh(unused, address, 1010)).toBe(false)
  })

  it('counts of nonces that have expired are forgotten', { tags: 'A-DIG-5' }, () => {
    const nonces = new Nonces(2000)
    for (let now = 0; now < 10_000; now += 100)
      nonces.use(nonces.issue(address, now, connection), 1, now)
    expect(nonces.countedSize).toBe(21)
  })

  it('belong to the connection that they were issued on', { tags: ['S-11', 'B-REPLAY'] }, () => {
    const nonces = new Nonces(2000)
    const others = [{}, {}, {}]
    const nonce = nonces.issue(address, 1000, connection)
    expect([
      nonces.isOf(nonce, connection),
      ...others.map((other) => nonces.isOf(nonce, other)),
    ]).toEqual([true, false, false, false])
    // Fresh on all of them: with a count it may be used there.
    expect(nonces.isFresh(nonce, address, 1000)).toBe(true)
    for (const other of others) {
      expect(nonces.isOf(nonces.issue(address, 1000, other), connection)).toBe(false)
    }
  })
})
