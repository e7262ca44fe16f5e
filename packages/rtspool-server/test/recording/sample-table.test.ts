import { describe, expect, it } from 'vitest'
import type { RecordedSample } from '../../src/recording/recorded-track.js'
import { SampleTable } from '../../src/recording/sample-table.js'

const sample = (n: number): RecordedSample => ({
  ...{ decodeTime: 2 ** 40 + n * 3600, time: 2 ** 40 + n * 3600 + 7200 - n, duration: 3000 },
  ...{ sizeBytes: 100 + n, isSync: n % 50 === 0, unixMs: n % 3 === 0 ? undefined : 1.7e12 + n / 3 },
  ...{ pieces: [], hasLengths: false },
})

/** The numbers of a sample, as a table has them. */
const numbersOf = ({ pieces: _, hasLengths: __, ...numbers }: RecordedSample) => numbers

function tableOf(count: number): SampleTable {
  const table = SampleTable.take()
  for (let n = 0; n < count; n++) table.push(sample(n))
  return table
}

describe('table of samples', () => {
  it.each([0, 1, 64, 65, 1000])('has the numbers of %i samples', (count) => {
    const table = tableOf(count)
    expect(table.count).toBe(count)
    for (let n = 0; n < count; n++) {
      expect(table.at(n)).toEqual(numbersOf(sample(n)))
      expect(table.decodeTimeAt(n)).toBe(sample(n).decodeTime)
    }
    expect([table.at(count), table.at(-1), table.decodeTimeAt(count)]).toEqual([
      ...[undefined, undefined, undefined],
    ])
    expect(table.sizeBytes).toBe(count * 100 + (count * (count - 1)) / 2)
    table.release()
  })

  it('has an entry for each sample, which ends where the next one is decoded', () => {
    const table = tableOf(3)
    const entry = (n: number, duration: number) => ({
      ...{ sizeBytes: 100 + n, duration, compositionOffset: 7200 - n, isSync: n === 0 },
    })
    expect(table.entries(undefined)).toEqual([entry(0, 3600), entry(1, 3600), entry(2, 3000)])
    expect(table.entries(sample(2).decodeTime + 9000)[2]).toEqual(entry(2, 9000))
    table.release()
  })

  it('gives the last samples away', () => {
    const table = tableOf(5)
    expect(table.takeFrom(3)).toEqual([3, 4].map((n) => numbersOf(sample(n))))
    expect([table.count, table.at(3)]).toEqual([3, undefined])
    table.push(sample(9))
    expect(table.at(3)).toEqual(numbersOf(sample(9)))
    table.release()
  })

  it('serves further fragments empty, unless it is very large', () => {
    const table = tableOf(100)
    table.release()
    const next = SampleTable.take()
    expect([next, next.count]).toEqual([table, 0])
    const large = tableOf(3000)
    large.release()
    expect(SampleTable.take()).not.toBe(large)
  })
})
