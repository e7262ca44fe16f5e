import type { ApiClient } from '../api/api-client.js'
import { Polled } from '../api/polled.js'

/** Figures of the server at one time; traffic counts from its start. */
export interface HistorySample {
  readonly time: string
  readonly sessions: number
  readonly connections: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly packetsDropped: number
  readonly loopDelayMs: number
  readonly pressure?: number
}

const everyMs = 2_000
const keptSamples = 150

/** Reads the last five minutes of the server, and then what is new. */
export function pollHistory(client: ApiClient): Polled<readonly HistorySample[]> {
  let samples: readonly HistorySample[] = []
  return new Polled(async () => {
    const last = samples.at(-1)
    const after = last && Date.parse(last.time)
    const page = await client.get<{ samples: readonly HistorySample[] }>('/v1/history', { after })
    const newest = samples.at(-1)?.time ?? ''
    const added = page.samples.filter(({ time }) => time > newest)
    samples = [...samples, ...added].slice(-keptSamples)
    return samples
  }, everyMs)
}
