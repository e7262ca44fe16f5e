import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks'
import {
  overloadLevels,
  type RequestAnswer,
  type RtspRequest,
  type RtspServer,
  removalReasons,
  type Session,
} from 'rtspool'
import type { MediaWatch } from '../events/media-watch.js'
import type { WebhookStats } from '../events/webhook.js'
import type { LiveTraffic } from '../live/live-viewer.js'
import type { SnapshotStats } from '../snapshots/snapshot-counts.js'
import type { SourceService } from '../sources/source-service.js'
import { sourceStates } from '../sources/source-status.js'
import { defineClusterMetrics, type MeasuredCluster } from './cluster-metrics.js'
import { PrometheusMetrics, type Series } from './prometheus.js'
import { flowingStates, SetupTimes } from './setup-times.js'

const states = ['Init', 'Ready', 'Playing', 'Recording'] as const
/**
 * Methods of requests that metrics distinguish; `other` stands for every other text that a client
 * sends.
 */
const methods = [
  ...(['OPTIONS', 'DESCRIBE', 'ANNOUNCE', 'SETUP', 'PLAY', 'PAUSE', 'RECORD'] as const),
  ...(['TEARDOWN', 'GET_PARAMETER', 'SET_PARAMETER', 'other'] as const),
] as const
type Method = (typeof methods)[number]
const setupSeconds = [0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 5, 15] as const
const requestSeconds = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5] as const
const nanosecondsPerSecond = 1e9
const loopResolutionMs = 20

/** Parts of the service whose values become metrics. */
export interface MeasuredService {
  readonly rtsp: RtspServer
  readonly mediaWatch: MediaWatch
  readonly webhooks: readonly { readonly stats: WebhookStats }[]
  /** Returns the bytes and packets sent to browsers as live pictures; `undefined` without a port for them. */
  readonly live: (() => LiveTraffic) | undefined
  /** Counts of snapshots (pictures of media) since the start, and number of bytes of JPEG pictures in the cache. */
  readonly snapshots: { readonly stats: SnapshotStats; readonly cachedBytes: number }
  readonly sources: Pick<SourceService, 'ownStatuses'>
  /** Membership of the server in a cluster; `undefined` = none. */
  readonly cluster?: MeasuredCluster | undefined
  readonly version: string
}

/**
 * Metrics of the server for Prometheus. Values are read anew for each request for metrics. No label
 * has a value that a peer chooses, so the number of series is limited.
 */
export class Metrics {
  readonly #set = new PrometheusMetrics()
  readonly #rtsp: RtspServer
  readonly #mediaWatch: MediaWatch
  readonly #live: (() => LiveTraffic) | undefined
  readonly #loop: IntervalHistogram
  /** Sessions of viewers who read too slowly, so that packets are left out at present. */
  readonly #slow = new Set<Session>()
  readonly #onBehind = (session: Session) => void this.#slow.add(session)
  readonly #setupTimes: SetupTimes
  readonly #noteRequest: (method: Method, seconds: number) => void
  readonly #onAnswered = ({ method }: RtspRequest, { milliseconds }: RequestAnswer) => {
    const known = methods.find((each) => each === method) ?? 'other'
    this.#noteRequest(known, milliseconds / 1000)
  }
  readonly #onCaughtUp = (session: Session) => void this.#slow.delete(session)

  constructor(parts: MeasuredService) {
    const { rtsp, mediaWatch, webhooks, live, snapshots, sources, cluster, version } = parts
    this.#rtsp = rtsp
    this.#mediaWatch = mediaWatch
    this.#live = live
    this.#loop = monitorEventLoopDelay({ resolution: loopResolutionMs })
    this.#loop.enable()
    rtsp.on('viewerFellBehind', this.#onBehind)
    rtsp.on('viewerCaughtUp', this.#onCaughtUp)
    rtsp.pool.on('sessionRemoved', this.#onCaughtUp)
    rtsp.on('requestAnswered', this.#onAnswered)
    const help = 'Time from a request to its response; method is "other" for unknown ones'
    const facts = { name: 'rtspool_request_seconds', help, label: 'method' }
    this.#noteRequest = this.#set.times(facts, methods, requestSeconds)
    this.#setupTimes = new SetupTimes(
      rtsp.pool,
      this.#set.times(
        {
          name: 'rtspool_session_setup_seconds',
          help: 'Time from the creation of a session until it plays or records for the first time',
          label: 'state',
        },
        flowingStates,
        setupSeconds,
      ),
    )
    this.#defineSessions()
    this.#defineConnections()
    this.#defineTraffic()
    this.#defineSources(sources)
    this.#defineProtection()
    this.#defineWebhooks(webhooks)
    this.#defineSnapshots(snapshots)
    if (cluster !== undefined) defineClusterMetrics(this.#set, cluster)
    this.#defineProcess(version)
  }

  close(): void {
    this.#loop.disable()
    this.#setupTimes.close()
    this.#rtsp.off('viewerFellBehind', this.#onBehind)
    this.#rtsp.off('viewerCaughtUp', this.#onCaughtUp)
    this.#rtsp.pool.off('sessionRemoved', this.#onCaughtUp)
    this.#rtsp.off('requestAnswered', this.#onAnswered)
  }

  /** Returns all metrics in the text format of Prometheus. */
  text(): Promise<string> {
    return this.#set.text()
  }

  #defineSources(sources: MeasuredService['sources']): void {
    this.#set.gauge('rtspool_sources', 'Sources of paths by state', ['state'], () => {
      const all = sources.ownStatuses
      return sourceStates.map((state) => [
        { state },
        all.filter((each) => each.state === state).length,
      ])
    })
    this.#set.gauge(
      'rtspool_source_attempts_max',
      'Most attempts of a source since it ran',
      [],
      () => [[{}, Math.max(0, ...sources.ownStatuses.map(({ attempts }) => attempts))]],
    )
  }

  #defineSessions(): void {
    const { pool } = this.#rtsp
    this.#set.gauge('rtspool_sessions', 'Live sessions by state', ['state'], () => {
      const counts = new Map<string, number>(states.map((state) => [state, 0]))
      for (const session of pool.values()) {
        counts.set(session.state, (counts.get(session.state) ?? 0) + 1)
      }
      return [...counts].map(([state, value]) => [{ state }, value])
    })
    this.#set.total('rtspool_sessions_created_total', 'Sessions created', [], () => [
      [{}, pool.stats().created],
    ])
    this.#set.total('rtspool_sessions_refused_total', 'Clients refused by limit', ['limit'], () =>
      Object.entries(pool.stats().refused).map(([limit, value]) => [{ limit }, value]),
    )
    this.#set.total(
      'rtspool_sessions_removed_total',
      'Sessions removed by reason',
      ['reason'],
      () => {
        const { removed } = pool.stats()
        return removalReasons.map((reason) => [{ reason }, removed[reason]])
      },
    )
    this.#set.gauge('rtspool_sessions_high_water', 'Highest number of sessions so far', [], () => [
      [{}, pool.stats().highWaterMark],
    ])
    this.#set.gauge('rtspool_session_limit', 'Limit on sessions; 0 = unlimited', [], () => [
      [{}, pool.limits.maxSessions],
    ])
    this.#set.gauge('rtspool_queued_bytes', 'Bytes that wait for clients to read', [], () => {
      let sum = 0
      for (const session of pool.values()) sum += session.queuedBytes
      return [[{}, sum]]
    })
    this.#set.gauge('rtspool_slow_viewers', 'Viewers that read too slowly now', [], () => [
      [{}, this.#slow.size],
    ])
  }

  #defineConnections(): void {
    const rtsp = this.#rtsp
    this.#set.gauge('rtspool_connections', 'Open connections', [], () => [
      [{}, rtsp.stats().connections],
    ])
    this.#set.gauge('rtspool_connection_limit', 'Limit on connections; 0 = unlimited', [], () => [
      [{}, rtsp.connectionLimits.maxConnections],
    ])
    this.#set.total(
      'rtspool_connections_refused_total',
      'Connections refused by a limit',
      [],
      () => [[{}, rtsp.stats().refusedConnections]],
    )
    const refusals = 'Requests refused by authentication, by reason'
    this.#set.total('rtspool_access_refused_total', refusals, ['reason'], () => {
      const refused: Readonly<Record<string, number>> = rtsp.stats().auth?.refused ?? {}
      return Object.entries(refused).map(([reason, value]) => [{ reason }, value])
    })
    this.#set.gauge('rtspool_media', 'Media that are served', [], () => [[{}, rtsp.media.size]])
    this.#set.gauge('rtspool_media_down', 'Media that play without packets', [], () => [
      [{}, this.#mediaWatch.downCount],
    ])
  }

  #defineTraffic(): void {
    const rtsp = this.#rtsp
    const unicast = () => rtsp.stats().unicast
    const directions = ['direction']
    this.#set.total(
      'rtspool_rtp_packets_total',
      'RTP packets of unicast sessions; none of browsers, which receive fragments',
      directions,
      () => {
        const { packetsIn, packetsOut } = unicast()
        return [
          [{ direction: 'in' }, packetsIn],
          [{ direction: 'out' }, packetsOut],
        ]
      },
    )
    const bytes = 'RTP bytes of unicast sessions; none of browsers, which receive fragments'
    this.#set.total('rtspool_rtp_bytes_total', bytes, directions, () => {
      const { bytesIn, bytesOut } = unicast()
      return [
        [{ direction: 'in' }, bytesIn],
        [{ direction: 'out' }, bytesOut],
      ]
    })
    this.#set.total('rtspool_rtp_dropped_total', 'RTP packets not sent to slow viewers', [], () => [
      [{}, unicast().packetsDropped],
    ])
    this.#set.total(
      'rtspool_rtp_lost_total',
      'RTP packets of publishers that were lost',
      [],
      () => [[{}, Math.max(0, unicast().packetsLost)]],
    )
    this.#set.total('rtspool_multicast_packets_total', 'RTP packets sent to groups', [], () => [
      [{}, rtsp.stats().multicast.packetsOut],
    ])
    this.#set.total('rtspool_multicast_bytes_total', 'RTP bytes sent to groups', [], () => [
      [{}, rtsp.stats().multicast.bytesOut],
    ])
    this.#set.total('rtspool_live_bytes_total', 'Bytes of fragments sent to browsers', [], () => [
      [{}, this.#live?.().bytesOut ?? 0],
    ])
    this.#set.total('rtspool_live_dropped_total', 'Fragments not sent to slow browsers', [], () => [
      [{}, this.#live?.().packetsDropped ?? 0],
    ])
    this.#set.total('rtspool_send_errors_total', 'Datagrams that the system refused', [], () => [
      [{}, rtsp.stats().sendErrors],
    ])
    this.#set.gauge('rtspool_gop_cache_bytes', 'Memory of packets kept for new viewers', [], () => [
      [{}, rtsp.stats().gopCache.bytes],
    ])
    this.#set.gauge('rtspool_udp_peers', 'Peers whose datagrams are received', [], () => [
      [{}, rtsp.stats().udpPeers],
    ])
  }

  #defineProtection(): void {
    const rtsp = this.#rtsp
    const pressure = () => rtsp.stats().pressure
    this.#set.gauge('rtspool_pressure', 'Load from 0 to 1; 0 with the guard off', [], () => [
      [{}, pressure()?.value ?? 0],
    ])
    this.#set.gauge('rtspool_pressure_part', 'Parts of the load', ['part'], () =>
      Object.entries(pressure()?.parts ?? {}).map(([part, value]) => [{ part }, value]),
    )
    const levels = 'Measures against overload: 0 normal, 1 saving, 2 refusing, 3 shedding'
    this.#set.gauge('rtspool_overload_level', levels, [], () => [
      [{}, overloadLevels.indexOf(pressure()?.level ?? 'normal')],
    ])
    this.#set.total('rtspool_overload_refused_total', 'SETUP refused by overload', [], () => [
      [{}, pressure()?.refusedSetups ?? 0],
    ])
    this.#set.gauge('rtspool_draining', '1 while the server drains', [], () => [
      [{}, Number(rtsp.isDraining)],
    ])
    const { bans } = rtsp.pool
    this.#set.gauge('rtspool_bans', 'Bans in the list', [], () => [[{}, bans.size]])
    this.#set.total('rtspool_bans_made_total', 'Bans made by cause', ['cause'], () =>
      Object.entries(bans.stats().made).map(([cause, value]) => [{ cause }, value]),
    )
    const hits = 'Connections and requests that bans kept out'
    this.#set.total('rtspool_ban_hits_total', hits, [], () => [[{}, bans.stats().hits]])
  }

  #defineWebhooks(webhooks: MeasuredService['webhooks']): void {
    const outcomes = ['delivered', 'retried', 'failed', 'lost'] as const
    const help = 'Events of webhooks by outcome; retried counts attempts'
    this.#set.total('rtspool_webhook_events_total', help, ['outcome'], () =>
      outcomes.map((outcome): Series => {
        const sum = webhooks.reduce((before, { stats }) => before + stats[outcome], 0)
        return [{ outcome }, sum]
      }),
    )
  }

  #defineSnapshots(snapshots: MeasuredService['snapshots']): void {
    const made = 'Snapshots that callers got, by format'
    this.#set.total('rtspool_snapshots_total', made, ['format'], () =>
      Object.entries(snapshots.stats.made).map(([format, value]) => [{ format }, value]),
    )
    const hits = 'Snapshots that were kept as JPEG, so that no program ran'
    this.#set.total('rtspool_snapshot_cache_hits_total', hits, [], () => [
      [{}, snapshots.stats.cacheHits],
    ])
    const failed = 'Snapshots that could not be made, by cause'
    this.#set.total('rtspool_snapshots_failed_total', failed, ['cause'], () =>
      Object.entries(snapshots.stats.failed).map(([cause, value]) => [{ cause }, value]),
    )
    this.#set.gauge('rtspool_snapshot_cache_bytes', 'Bytes of JPEG that are kept', [], () => [
      [{}, snapshots.cachedBytes],
    ])
  }

  #defineProcess(version: string): void {
    this.#set.gauge('rtspool_info', 'Version and send paths', ['version', 'tcp', 'udp'], () => {
      const { tcp, udp } = this.#rtsp.stats().sendPaths
      return [[{ version, tcp, udp }, 1]]
    })
    this.#set.gauge('rtspool_uptime_seconds', 'Age of the process', [], () => [
      [{}, process.uptime()],
    ])
    this.#set.total('rtspool_cpu_seconds_total', 'Processor time of the process', ['mode'], () => {
      const { user, system } = process.cpuUsage()
      return [
        [{ mode: 'user' }, user / 1e6],
        [{ mode: 'system' }, system / 1e6],
      ]
    })
    this.#set.gauge('rtspool_memory_bytes', 'Memory of the process', ['kind'], () => {
      const { rss, heapUsed, external } = process.memoryUsage()
      return [
        [{ kind: 'resident' }, rss],
        [{ kind: 'heap' }, heapUsed],
        [{ kind: 'external' }, external],
      ]
    })
    const text = 'Delay of the event loop since the scrape before'
    this.#set.gauge('rtspool_event_loop_delay_seconds', text, ['quantile'], () => {
      const delays = [50, 99, 100].map((percentile): Series => {
        const quantile = String(percentile / 100)
        return [{ quantile }, this.#loop.percentile(percentile) / nanosecondsPerSecond]
      })
      this.#loop.reset()
      return delays
    })
  }
}
