import { describe, expect, it } from 'vitest'
import { windowOf } from '../../src/elements/window.js'

describe('rows of a table on the screen', () => {
  it.each([
    { name: 'at the top', count: 10_000, scrollTop: 0, first: 0, end: 15 },
    { name: 'in the middle', count: 10_000, scrollTop: 10_000, first: 495, end: 515 },
    { name: 'at the end', count: 10_000, scrollTop: 199_800, first: 9985, end: 10_000 },
    {
      name: 'beyond the end of a list that has shrunk',
      count: 12,
      scrollTop: 999,
      first: 0,
      end: 12,
    },
    { name: 'of an empty list', count: 0, scrollTop: 0, first: 0, end: 0 },
    { name: 'above the top', count: 10, scrollTop: -50, first: 0, end: 10 },
  ])('$name', ({ count, scrollTop, first, end }) => {
    expect(windowOf(count, 20, { scrollTop, height: 200 })).toEqual({ first, end })
  })
})
