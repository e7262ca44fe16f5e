import type { RtspServer } from 'rtspool'
import { EventFeed } from '../events/event-feed.js'
import { MediaWatch } from '../events/media-watch.js'
import { type MeasuredService, Metrics } from '../metrics/metrics.js'
import { SnapshotCounts } from '../snapshots/snapshot-counts.js'

/** Parts of a process that are measured. */
export interface MeasuredProcess extends Pick<MeasuredService, 'sources' | 'version' | 'cluster'> {
  readonly rtsp: RtspServer
}

/** Metrics of a process without a control API. It has no webhooks, live pictures and snapshots. */
export class ProcessMetrics {
  readonly #watch: MediaWatch
  readonly #metrics: Metrics

  constructor(process: MeasuredProcess) {
    // Nobody reads the events: the watch counts the media that play without packets.
    this.#watch = new MediaWatch(process.rtsp, new EventFeed({ size: 1 }))
    const snapshots = { stats: new SnapshotCounts().stats, cachedBytes: 0 }
    this.#metrics = new Metrics({
      ...process,
      ...{ mediaWatch: this.#watch, webhooks: [], live: undefined, snapshots },
    })
  }

  /** Returns all metrics in the text format of Prometheus. */
  text(): Promise<string> {
    return this.#metrics.text()
  }

  close(): void {
    this.#watch.close()
    this.#metrics.close()
  }
}
