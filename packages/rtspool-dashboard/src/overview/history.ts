import type { ApiClient } from '../api/api-client.js'
import { Polled } from '../api/polled.js'

/**
 * Measured values of the server at one time. Bytes and packets are counted from the start of the
 * server.
 */
export interface HistorySample {
  /**
   * Number of the sample, one more than that of the sample before, even if the server's clock
   * jumps.
   */
  readonly number: number
  /** Time at which the sample was taken, in ISO 8601. */
  readonly time: string
  /** Seconds since the start of the server, by the monotonic clock. */
  readonly uptimeSeconds: number
  readonly sessions: number
  readonly connections: number
  /** Bytes of media from publishers since the start of the server. */
  readonly bytesIn: number
  /** Bytes of media to all viewers since the start of the server. */
  readonly bytesOut: number
  /** Packets since the start of the server that were not sent to a viewer, because it read too slowly: a sum over viewers. */
  readonly packetsDropped: number
  /** Delay of the event loop of the server since the sample before, in milliseconds: the 99th percentile. */
  readonly loopDelayMs: number
  /** Load of the server from 0 to 1; absent if measures against overload are off. */
  readonly pressure?: number
}

const everyMs = 2_000
const keptSamples = 150

/** Reads the samples of the last five minutes, and then every two seconds the new ones. */
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
