import type { ChartData } from '../charts/index.js'
import type { HistorySample } from './history.js'

const bitsPerByte = 8
/**
 * Seconds assumed between the last sample of one run of the server and the first of the next, if the clock went back.
 */
const unknownGapSeconds = 2

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

/**
 * Converts samples of the server to charts. Counters become rates per second, other numbers stay as they are. The
 * newest sample keeps its time. Earlier times are computed from the uptime, so that a changed clock does not distort
 * the charts.
 */
export function seriesOf(samples: readonly HistorySample[]): OverviewSeries {
  const places = placesOf(samples)
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
 * Returns the times of samples in seconds since 1970, in ascending order even if the clock of the server was changed.
 */
function placesOf(samples: readonly HistorySample[]): number[] {
  const places: number[] = []
  let after: HistorySample | undefined
  let place = 0
  for (const sample of samples.toReversed()) {
    place = after ? place - gapSeconds(sample, after) : Date.parse(sample.time) / 1000
    places.push(place)
    after = sample
  }
  return places.reverse()
}

function gapSeconds(before: HistorySample, now: HistorySample): number {
  if (isSameRun(before, now)) return now.uptimeSeconds - before.uptimeSeconds
  const seconds = (Date.parse(now.time) - Date.parse(before.time)) / 1000
  return seconds > 0 ? seconds : unknownGapSeconds
}

/**
 * Returns whether two samples are from the same run of the server. In one run, the numbers grow by
 * one in two seconds. The first number of a run is the time of its start in milliseconds.
 */
function isSameRun(before: HistorySample, now: HistorySample): boolean {
  const counted = now.number - before.number
  return counted > 0 && counted <= now.uptimeSeconds - before.uptimeSeconds
}

/**
 * Returns the growth per second of a counter from one sample to the next.
 *
 * @param factor - Units of the result for each unit of the counter.
 * @param read - Returns the counter in a sample.
 * @returns `null` for the first sample, and for the first one after a restart of the server.
 */
function rateOf(
  before: HistorySample | undefined,
  now: HistorySample,
  read: (sample: HistorySample) => number,
  factor: number,
): number | null {
  if (!before || !isSameRun(before, now)) return null
  const seconds = now.uptimeSeconds - before.uptimeSeconds
  return ((read(now) - read(before)) * factor) / seconds
}
