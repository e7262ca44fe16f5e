import type { ApiClient } from '../api/api-client.js'
import { Polled } from '../api/polled.js'

/** Figures of the server at one time. Bytes and packets count from the start of the server. */
export interface HistorySample {
  /** Larger by one than that of the sample before, whatever the clock of the server says. */
  readonly number: number
  /** Time in ISO 8601. */
  readonly time: string
  readonly sessions: number
  readonly connections: number
  readonly bytesIn: number
  readonly bytesOut: number
  /** Packets that were not sent, because viewers read too slowly. */
  readonly packetsDropped: number
  /** Delay of the event loop of Node.js: 99 of 100 turns were quicker. */
  readonly loopDelayMs: number
  /** Load from 0 to 1; absent if the guard against overload is off. */
  readonly pressure?: number
}

const everyMs = 2_000
const keptSamples = 150

/** Reads the figures of the last five minutes, and then every two seconds the new ones. */
export function pollHistory(client: ApiClient): Polled<readonly HistorySample[]> {
  let samples: readonly HistorySample[] = []
  return new Polled(async () => {
    const after = samples.at(-1)?.number
    const page = await client.get<{ samples: readonly HistorySample[] }>('/v1/history', { after })
    // A server that has started again on a clock that was set back begins at a smaller number.
    const isRestart = after !== undefined && page.samples.some(({ number }) => number <= after)
    const newest = samples.at(-1)?.number ?? -1
    const added = page.samples.filter(({ number }) => isRestart || number > newest)
    samples = [...samples, ...added].slice(-keptSamples)
    return samples
  }, everyMs)
}
