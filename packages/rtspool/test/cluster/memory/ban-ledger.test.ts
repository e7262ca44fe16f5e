import { describe, expect, it } from 'vitest'
import { BanLedger } from '../../../src/cluster/memory/ban-ledger.js'

const ban = (publicId: string, durationMs = 0) => ({
  publicId,
  record: `{"${publicId}"}`,
  durationMs,
})
const idsOf = (bans: readonly { publicId: string }[]) => bans.map(({ publicId }) => publicId)

describe('BanLedger', () => {
  it('adds a ban once, and never again after its removal', () => {
    const bans = new BanLedger(8)
    expect(bans.add(ban('x'), 0)).toBe(true)
    expect(bans.add(ban('x'), 0)).toBe(true)
    expect(bans.list(0)).toEqual([{ publicId: 'x', record: '{"x"}', remainingMs: 0 }])
    expect(bans.remove('x')).toBe(true)
    expect(bans.remove('x')).toBe(false)
    expect(bans.add(ban('x'), 0)).toBe(false)
    expect(bans.list(0)).toEqual([])
  })

  it('returns changes since a cursor, 32 at a time', () => {
    const bans = new BanLedger(8)
    for (let n = 0; n < 40; n++) bans.add(ban(`b${n}`), 0)
    const first = bans.after('', 0)
    expect([first.bans.length, first.hasMore]).toEqual([32, true])
    const second = bans.after(first.cursor, 0)
    expect(idsOf(second.bans)).toEqual(Array.from({ length: 8 }, (_, n) => `b${32 + n}`))
    expect(second.hasMore).toBe(false)
    bans.remove('b3')
    const third = bans.after(second.cursor, 0)
    expect(third.bans).toEqual([{ publicId: 'b3', record: undefined, remainingMs: 0 }])
    expect(bans.after(third.cursor, 0).bans).toEqual([])
  })

  it('starts a reader afresh that has missed a forgotten removal', () => {
    const bans = new BanLedger(1)
    for (const id of ['x', 'y', 'z']) bans.add(ban(id), 0)
    const { cursor } = bans.after('', 0)
    bans.remove('x')
    expect(bans.after(cursor, 0).isReset).toBe(false)
    bans.remove('y')
    const page = bans.after(cursor, 0)
    expect(page.isReset).toBe(true)
    expect(page.bans.filter(({ record }) => record !== undefined)).toHaveLength(1)
    expect(bans.after(page.cursor, 0)).toMatchObject({ bans: [], isReset: false })
  })

  it('starts a reader afresh that has read further than the list goes', () => {
    const bans = new BanLedger(8)
    bans.add(ban('x'), 0)
    expect(bans.after('2.0', 0)).toMatchObject({ isReset: true, bans: [{ publicId: 'x' }] })
    expect(bans.after('1.0', 0)).toMatchObject({ isReset: false, bans: [] })
  })

  it('shows the rest of the time of a ban, and not one that has ended', () => {
    const bans = new BanLedger(8)
    bans.add(ban('x', 100), 0)
    expect(bans.list(60)).toEqual([{ publicId: 'x', record: '{"x"}', remainingMs: 40 }])
    expect(bans.list(100)).toEqual([])
    expect(bans.after('', 100).bans).toEqual([])
  })

  it('removes ended bans when others are added', () => {
    const bans = new BanLedger(8)
    bans.add(ban('x', 100), 0)
    bans.add(ban('y'), 100)
    expect(bans.add(ban('x'), 100)).toBe(true)
    expect(idsOf(bans.list(100))).toEqual(['y', 'x'])
  })
})
