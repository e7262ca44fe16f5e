import { describe, expect, it } from 'vitest'
import { levels } from '../src/row.js'
import { allRows } from '../src/rows/index.js'

describe('the rows', () => {
  it('have ids of their own', () => {
    const ids = allRows.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ids) expect(id).toMatch(/^A-[A-Z0-9]+-\d+[a-z]?$/)
  })

  it('are sorted by chapter and number', () => {
    const ids = allRows.map(({ id }) => id)
    expect(ids.indexOf('A-MSG-2')).toBeLessThan(ids.indexOf('A-MSG-10'))
    expect(ids.indexOf('A-MSG-24')).toBeLessThan(ids.indexOf('A-DES-1'))
    expect(ids.indexOf('A-MSG-5')).toBeLessThan(ids.indexOf('A-MSG-5b'))
  })

  it('state requirement, source and force', () => {
    for (const { requirement, expected, reference, level } of allRows) {
      for (const text of [requirement, expected, reference]) expect(text).toMatch(/^\S.*\S$|^\d+$/)
      expect(levels).toContain(level)
    }
  })

  it('only those are binding that a standard binds', () => {
    for (const { id, level, reference } of allRows) {
      if (level === 'must') expect(`${id} ${reference}`).toMatch(/RFC \d+|ONVIF/)
    }
  })
})
