import { describe, expect, it } from 'vitest'
import type { HistorySample } from '../../src/overview/history.js'
import { seriesOf } from '../../src/overview/series.js'

const sample = (second: number, more: Partial<HistorySample> = {}): HistorySample => ({
  number: second,
  time: new Date(second * 1000).toISOString(),
  ...{ sessions: 0, connections: 0, bytesIn: 0, bytesOut: 0, packetsDropped: 0, loopDelayMs: 0 },
  ...more,
})

describe('lines of the overview', () => {
  it('are numbers as they are, and counters as rates', () => {
    const { sessions, bitrate, dropped, pressure } = seriesOf([
      sample(10, { sessions: 1, connections: 2, bytesIn: 100, bytesOut: 1000, pressure: 0.5 }),
      sample(12, { sessions: 3, connections: 4, bytesIn: 600, bytesOut: 3000, packetsDropped: 8 }),
    ])
    expect(sessions).toEqual({
      places: [10, 12],
      values: [
        [1, 3],
        [2, 4],
      ],
    })
    expect(bitrate.values).toEqual([
      [null, 2000],
      [null, 8000],
    ])
    expect(dropped.values).toEqual([[null, 4]])
    expect(pressure.values).toEqual([[0.5, null]])
  })

  it('have a gap where the server has begun to count anew', () => {
    const { bitrate } = seriesOf([
      ...[sample(0, { bytesOut: 5000 }), sample(2, { bytesOut: 100 })],
      sample(4, { bytesOut: 350 }),
    ])
    expect(bitrate.values[1]).toEqual([null, null, 1000])
  })

  it('are empty without samples', () => {
    expect(seriesOf([]).bitrate).toEqual({ places: [], values: [[], []] })
  })
})
