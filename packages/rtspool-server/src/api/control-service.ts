import { dirname, join } from 'node:path'
import type { Logger } from 'pino'
import { type Clock, type RtspServer, systemClock, type TlsCertificate } from 'rtspool'
import type { ClusterNode } from 'rtspool/cluster'
import type { ShareLogins } from '../access/share-logins.js'
import type { StreamPull } from '../cluster/stream-pulls.js'
import type { PageFiles } from '../dashboard/page-files.js'
import { EventFeed } from '../events/event-feed.js'
import { LimitWatch } from '../events/limit-watch.js'
import { MediaWatch } from '../events/media-watch.js'
import { feedRecordingEvents } from '../events/recording-events.js'
import { feedServerEvents } from '../events/server-events.js'
import { feedSourceEvents } from '../events/source-events.js'
import { Webhook } from '../events/webhook.js'
import { whyNotReady } from '../health/readiness.js'
import type { LiveService } from '../live/live-service.js'
import type { RepeatLimit } from '../log/repeat-limit.js'
import { History } from '../metrics/history.js'
import { Metrics } from '../metrics/metrics.js'
import type { RecordingService } from '../recording/recording-service.js'
import { Snapshots } from '../snapshots/snapshots.js'
import type { SourceService } from '../sources/source-service.js'
import { AuditLog } from './access/audit.js'
import { BearerTokens } from './access/bearer-tokens.js'
import { Logins } from './access/logins.js'
import { serveShares } from './access/share-sessions.js'
import { ShareStore } from './access/shares.js'
import { TokenStore } from './access/tokens.js'
import type { ApiOptions } from './api-options.js'
import { feedConfigEvents } from './config-events.js'
import { ControlApi } from './control-api.js'
import type { Configuration, ControlledServer } from './controlled-server.js'

/** Name of the file of share links, beside that of the tokens. */
const sharesFileName = 'rtspool-shares.json'

/** Server, log and settings with which a {@link ControlService} is created. */
export interface ControlServiceOptions {
  readonly rtsp: RtspServer
  readonly log: Logger
  /** Limits the number of log lines about refused calls, so that a client cannot fill the log. */
  readonly repeats: RepeatLimit
  readonly version: string
  readonly configuration: Configuration
  readonly api: ApiOptions
  readonly recordings: RecordingService
  readonly sources: SourceService
  /** Membership of the server in a cluster; `undefined` = none. */
  readonly cluster?: ClusterNode | undefined
  /** Returns the pulls of this server from others of the cluster; absent = none. */
  readonly clusterPulls?: (() => readonly StreamPull[]) | undefined
  /**
   * Adds the metrics of the other processes of the server to those of this one, in the text format of Prometheus.
   * `undefined` = there is one process.
   */
  readonly metricsOfAll?: ((text: string) => Promise<string>) | undefined
  /** Service that sends live pictures to browsers; `undefined` = none. */
  readonly live?: LiveService | undefined
  /**
   * Checks the secrets of share links with which players log in to the RTSP server; absent if the server has no users.
   */
  readonly shareLogins?: ShareLogins | undefined
  /** Files of the dashboard, served on the same port; `undefined` = no page. */
  readonly page?: PageFiles | undefined
  /** Files of the page for share links; `undefined` = no page. */
  readonly sharePage?: PageFiles | undefined
  /** Certificate for HTTPS; `undefined` = HTTP without TLS. */
  readonly certificate: TlsCertificate | undefined
  /** Clock for the times of events, tokens and logins; another clock serves tests. @default the clock of the machine */
  readonly clock?: Clock | undefined
}

/** Control API of a server, with events, webhooks and metrics. */
export class ControlService {
  readonly #rtsp: RtspServer
  readonly #api: ControlApi
  readonly #metrics: Metrics
  readonly #history: History
  readonly #snapshots: Snapshots
  readonly #limitWatch: LimitWatch
  readonly #mediaWatch: MediaWatch
  readonly #stopEvents: () => void
  readonly #webhooks: readonly Webhook[]
  readonly #tokens: TokenStore
  readonly #shares: ShareStore
  readonly #logins: Logins
  #firstToken: string | undefined
  #isClosing = false
  /** Feed of the server's events, for readers inside the process. */
  readonly feed: EventFeed

  /**
   * Opens the files of tokens and share links.
   *
   * @throws {Error} One of the files cannot be used.
   */
  constructor(options: ControlServiceOptions) {
    const { rtsp, log, version, configuration, api, certificate } = options
    const { clock = systemClock, live, page, repeats, recordings, sources, cluster } = options
    const tokens = TokenStore.open(api.tokensFile)
    this.#tokens = tokens
    const logins = loginsOf(configuration, api.loginLifetimeSeconds, clock)
    this.#logins = logins
    const bearers = new BearerTokens(tokens, logins)
    bearers.on('ended', (id) => live?.endOf(id, 'authorizationExpired'))
    const recheck = (): void => logins.recheck()
    configuration.reloader.on('reloaded', recheck)
    const shares = ShareStore.open(join(dirname(api.tokensFile), sharesFileName), clock)
    this.#shares = shares
    this.#rtsp = rtsp
    const events = new EventFeed({ clock, size: api.keptEvents })
    this.feed = events
    const { sharePage, shareLogins } = options
    serveShares({ shares, rtsp, events, live, page: sharePage, logins: shareLogins })
    const stopServerEvents = feedServerEvents(rtsp, events)
    const stopRecordingEvents = feedRecordingEvents(recordings, events)
    const stopSourceEvents = feedSourceEvents(sources, events)
    const stopConfigEvents = feedConfigEvents(configuration.reloader, events)
    this.#stopEvents = () => {
      stopServerEvents()
      stopRecordingEvents()
      stopSourceEvents()
      stopConfigEvents()
      configuration.reloader.off('reloaded', recheck)
    }
    this.#limitWatch = new LimitWatch(rtsp, events, clock)
    const { mediaDownAfterSeconds: downAfterSeconds } = api
    this.#mediaWatch = new MediaWatch(rtsp, events, { downAfterSeconds, clock })
    const { urls, types, secret } = api.webhooks
    this.#webhooks = urls.map((url) => new Webhook(events, log, { url, types, secret, clock }))
    const browsers = live && (() => live.traffic)
    const snapshotOptions = () => configuration.reloader.current.config.snapshots
    this.#snapshots = new Snapshots({ rtsp, repeats, clock, options: snapshotOptions })
    this.#metrics = new Metrics({
      ...{ rtsp, mediaWatch: this.#mediaWatch, webhooks: this.#webhooks, live: browsers, version },
      ...{ snapshots: this.#snapshots, sources },
      cluster: cluster && { node: cluster, pulls: () => options.clusterPulls?.() ?? [] },
    })
    this.#history = new History(rtsp, browsers, clock)
    const { policy } = configuration.reloader.current.config.cluster
    const server: ControlledServer = {
      ...{ rtsp, version, startedTime: new Date(), events, mediaWatch: this.#mediaWatch },
      ...{
        tokens,
        logins,
        bearers,
        shares,
        audit: new AuditLog(),
        configuration,
        live,
        recordings,
        sources,
        cluster,
        clusterPulls: options.clusterPulls,
      },
      history: this.#history,
      snapshots: this.#snapshots,
      metrics: async () => {
        const text = await this.#metrics.text()
        return options.metricsOfAll?.(text) ?? text
      },
      whyNotReady: () => whyNotReady({ rtsp, cluster, policy, isClosing: this.#isClosing }),
    }
    const { port, host, allowedHosts, trustedProxies } = api
    this.#api = new ControlApi({
      ...{ server, log, repeats, port, host, allowedHosts, trustedProxies, certificate, page },
    })
  }

  /**
   * Opens the port, and then creates the first token. In this order, a start that fails because of
   * the port creates no file with a token that was never shown.
   *
   * @throws The error of `listen`, such as `EADDRINUSE`, or of the file with tokens.
   */
  async listen(): Promise<void> {
    await this.#api.listen()
    this.#firstToken = await this.#tokens.createFirst()
  }

  /**
   * First token, with the role `admin`; `undefined` if the file with tokens existed before this
   * start.
   */
  get firstToken(): string | undefined {
    return this.#firstToken
  }

  /** URL of the API without a slash at the end. */
  get url(): string {
    return this.#api.url
  }

  reloadCertificate(certificate: TlsCertificate): void {
    this.#api.reloadCertificate(certificate)
  }

  /** Makes the readiness report say, from now on, that the server closes and accepts no clients. */
  noteClosing(): void {
    this.#isClosing = true
  }

  /**
   * Does the same as {@link noteClosing}, and publishes the event `drainStarted`.
   *
   * @param seconds - Time within which the sessions of the server end.
   */
  noteDraining(seconds: number): void {
    this.noteClosing()
    this.feed.publish('drainStarted', { seconds, sessions: this.#rtsp.pool.size })
  }

  /** Closes the port, and ends all event streams and webhooks. Idempotent. */
  async close(): Promise<void> {
    this.noteClosing()
    this.#stopEvents()
    this.#limitWatch.close()
    this.#mediaWatch.close()
    this.#metrics.close()
    this.#history.close()
    this.#shares.close()
    this.#logins.close()
    await Promise.all([
      ...[this.#api, this.#snapshots, ...this.#webhooks].map((part) => part.close()),
    ])
  }
}

const loginsOf = ({ reloader }: Configuration, lifetimeSeconds: number, clock: Clock): Logins =>
  new Logins({ users: () => reloader.current.apiUsers, clock, lifetimeSeconds })
