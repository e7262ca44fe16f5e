import { describe, expect, it } from 'vitest'
import type { HistorySample } from '../../src/overview/history.js'
import { seriesOf } from '../../src/overview/series.js'

const sample = (second: number, more: Partial<HistorySample> = {}): HistorySample => ({
  number: second,
  time: new Date(second * 1000).toISOString(),
  uptimeSeconds: second,
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
    const begun = 10_000_000
    const { bitrate } = seriesOf([
      sample(100, { bytesOut: 50 }),
      sample(110, { number: begun, uptimeSeconds: 0, bytesOut: 100 }),
      sample(112, { number: begun + 1, uptimeSeconds: 2, bytesOut: 350 }),
    ])
    expect(bitrate.places).toEqual([100, 110, 112])
    expect(bitrate.values[1]).toEqual([null, null, 1000])
  })

  it('know a new run of the server that is older than the run before was', () => {
    const { bitrate } = seriesOf([
      sample(100, { uptimeSeconds: 10 }),
      sample(150, { number: 10_000_000, uptimeSeconds: 40, bytesOut: 100 }),
    ])
    expect([bitrate.places, bitrate.values[1]]).toEqual([
      [100, 150],
      [null, null],
    ])
  })

  it.each([-3600, 3600])('have neither gap nor fold where the clock is set by %i s', (step) => {
    const later = { time: new Date((12 + step) * 1000).toISOString(), bytesOut: 500 }
    const { bitrate } = seriesOf([sample(8), sample(10), sample(12, later)])
    expect(bitrate.places).toEqual([8 + step, 10 + step, 12 + step])
    expect(bitrate.values[1]).toEqual([null, 0, 2000])
  })

  it('ascend where a server has started again on a clock that was set back', () => {
    const again = sample(5, { number: 10_000_000, uptimeSeconds: 0 })
    expect(seriesOf([sample(10), again]).sessions.places).toEqual([3, 5])
  })

  it('are empty without samples', () => {
    expect(seriesOf([]).bitrate).toEqual({ places: [], values: [[], []] })
  })
})
