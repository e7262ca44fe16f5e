import { describe, expect, it } from 'vitest'
import { countRows, failures, tableHead, tableRow } from '../src/report.js'
import type { RowResult, RowStatus } from '../src/run-rows.js'

const result = (status: RowStatus, got = 'as expected'): RowResult => ({
  ...{ id: 'A-MSG-2', level: 'must', reference: 'RFC 2326 10', status, got, milliseconds: 3 },
  ...{ requirement: 'an unknown method gets 501', expected: '501, then 200 to OPTIONS' },
})

describe('the table', () => {
  it('keeps lines within the width of the terminal, if words allow it', () => {
    for (const width of [90, 120, 200]) {
      const lines = [
        tableHead(width),
        ...tableRow(result('fail', 'x '.repeat(99)), width).split('\n'),
      ]
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width)
    }
  })

  it('lists failures at the end', () => {
    expect(tableRow(result('fail', '400'), 120)).toMatch(/^A-MSG-2 +must +FAIL .* 400$/m)
    expect(tableRow(result('skip', 'no URL'), 120)).toMatch(/^A-MSG-2 +must +skip /)
  })

  it('breaks a word that is too long for its column', () => {
    const word = 'x'.repeat(100)
    const text = tableRow(result('pass', word), 90).replace(/[^x]/g, '')
    expect(text.length).toBe(word.length)
  })

  it('ends with the failures and their clauses', () => {
    const rows = [result('pass'), result('fail'), result('differs')]
    const line = 'FAIL A-MSG-2: an unknown method gets 501 (RFC 2326 10)\n'
    expect(failures({ rows })).toBe(line)
  })

  it('counts', () => {
    const rows = [result('pass'), result('pass'), result('fail'), result('skip'), result('differs')]
    expect(countRows(rows)).toEqual({ pass: 2, fail: 1, skip: 1, differs: 1 })
  })
})
