import { describe, expect, it } from 'vitest'
import { axisOf, movedIndex, newestIndex, roundedAbove } from '../../src/charts/chart-data.js'

describe('a chart', () => {
  it.for([
    [0, 1, 1],
    [0.4, 1, 1],
    [1.2, 1, 2],
    [3, 10, 10],
    [23, 1, 50],
    [50, 1, 50],
    [999, 1, 1000],
    [1_200_000, 1, 2_000_000],
  ] as const)('has above %d, and from %d on, the end %d', ([value, least, end]) => {
    expect(roundedAbove(value, least)).toBe(end)
  })

  it('has an axis of some seconds with one place, and with none', () => {
    expect(axisOf([3, 5, 8])).toEqual([3, 8])
    expect(axisOf([1000])).toEqual([990, 1000])
    expect(axisOf([])).toEqual([0, 10])
  })

  it('moves by the keys of the arrows, and stays inside', () => {
    expect(movedIndex('ArrowLeft', 5, 10)).toBe(4)
    expect(movedIndex('ArrowRight', 9, 10)).toBe(9)
    expect(movedIndex('PageDown', 2, 10)).toBe(9)
    expect([movedIndex('Home', 5, 10), movedIndex('End', 5, 10)]).toEqual([0, 9])
    expect(movedIndex('a', 5, 10)).toBeUndefined()
  })

  it('shows the newest value', () => {
    expect(newestIndex({ places: [1, 2], values: [] })).toBe(1)
    expect(newestIndex({ places: [], values: [] })).toBeUndefined()
  })
})
