import type { ChartData } from '../charts/index.js'
import type { HistorySample } from './history.js'

const bitsPerByte = 8

/** Charts of the overview, all with the same time axis in seconds since 1970. */
export interface OverviewSeries {
  readonly sessions: ChartData
  /** Chart of bits per second to the server and from the server. */
  readonly bitrate: ChartData
  /** Chart of packets per second that were not sent to slow viewers. */
  readonly dropped: ChartData
  /** Chart of the event loop's delay in milliseconds. */
  readonly loopDelay: ChartData
  readonly pressure: ChartData
}

/** Converts samples to charts. Counters become rates per second; other values stay. */
export function seriesOf(samples: readonly HistorySample[]): OverviewSeries {
  const places = samples.map(({ time }) => Date.parse(time) / 1000)
  const line = (read: (sample: HistorySample) => number | undefined) =>
    samples.map((sample) => read(sample) ?? null)
  const rate = (read: (sample: HistorySample) => number, factor = 1) =>
    samples.map((sample, index) => rateOf(samples[index - 1], sample, read, factor))
  return {
    sessions: {
      places,
      values: [line(({ sessions }) => sessions), line(({ connections }) => connections)],
    },
    bitrate: {
      places,
      values: [
        rate(({ bytesIn }) => bytesIn, bitsPerByte),
        rate(({ bytesOut }) => bytesOut, bitsPerByte),
      ],
    },
    dropped: { places, values: [rate(({ packetsDropped }) => packetsDropped)] },
    loopDelay: { places, values: [line(({ loopDelayMs }) => loopDelayMs)] },
    pressure: { places, values: [line(({ pressure }) => pressure)] },
  }
}

/**
 * Returns the growth of a counter per second between two samples.
 *
 * @param factor - Units of the result for each unit of the counter.
 * @returns `null` for the first sample, and for the first one after a restart of the server.
 */
function rateOf(
  before: HistorySample | undefined,
  now: HistorySample,
  read: (sample: HistorySample) => number,
  factor: number,
): number | null {
  if (!before) return null
  const seconds = (Date.parse(now.time) - Date.parse(before.time)) / 1000
  const counted = read(now) - read(before)
  return seconds > 0 && counted >= 0 ? (counted * factor) / seconds : null
}
