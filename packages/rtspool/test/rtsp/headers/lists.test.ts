import { describe, expect, it } from 'vitest'
import { parseList } from '../../../src/rtsp/headers/lists.js'

describe('a list over several lines', () => {
  it.each([
    { name: 'none', values: [], list: [] },
    { name: 'empty elements', values: ['', ' , ,'], list: [] },
    { name: 'two lines', values: ['a, b', 'c'], list: ['a', 'b', 'c'] },
    { name: 'commas in quotes', values: ['a="b,c",d'], list: ['a="b,c"', 'd'] },
    { name: 'quotes that do not end', values: ['a"b,c', 'd'], list: ['a"b,c', 'd'] },
  ])('$name', ({ values, list }) => {
    expect(parseList(values)).toEqual(list)
  })
})
