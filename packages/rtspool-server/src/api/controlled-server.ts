import type { RtspServer } from 'rtspool'
import type { ClusterNode } from 'rtspool/cluster'
import type { StreamPull } from '../cluster/stream-pulls.js'
import type { ReloadControl } from '../config/reload/reload-control.js'
import type { EventFeed } from '../events/event-feed.js'
import type { MediaWatch } from '../events/media-watch.js'
import type { LiveService } from '../live/live-service.js'
import type { History } from '../metrics/history.js'
import type { RecordingService } from '../recording/recording-service.js'
import type { Snapshots } from '../snapshots/snapshots.js'
import type { SourceService } from '../sources/source-service.js'
import type { AuditLog } from './access/audit.js'
import type { BearerTokens } from './access/bearer-tokens.js'
import type { Logins } from './access/logins.js'
import type { ShareStore } from './access/shares.js'
import type { TokenStore } from './access/tokens.js'

/** Access to the configuration of the running command: its reloads and its file. */
export type Configuration = Pick<ReloadControl, 'reloader' | 'store'>

/** Parts of the server that operations of the API read and change. */
export interface ControlledServer {
  readonly rtsp: RtspServer
  readonly version: string
  readonly startedTime: Date
  /** Access to the configuration: its present values, its reloads and changes in its file. */
  readonly configuration: Configuration
  readonly events: EventFeed
  readonly mediaWatch: MediaWatch
  readonly recordings: RecordingService
  readonly sources: SourceService
  /** Membership of the server in a cluster; `undefined` = none. */
  readonly cluster: ClusterNode | undefined
  /** Returns the pulls of this server from others of the cluster; absent = none. */
  readonly clusterPulls?: (() => readonly StreamPull[]) | undefined
  /** Service that sends live pictures to browsers; `undefined` if the configuration has no port for such pictures. */
  readonly live: LiveService | undefined
  readonly snapshots: Snapshots
  readonly tokens: TokenStore
  readonly logins: Logins
  /** All bearer tokens: those of `tokens` and of `logins`. */
  readonly bearers: BearerTokens
  /** Share links, with which anybody can watch one path. */
  readonly shares: ShareStore
  readonly audit: AuditLog
  /** Samples of the server's load and traffic, one each two seconds, for the last five minutes. */
  readonly history: History
  /** Returns the metrics in the text format of Prometheus. */
  metrics(): Promise<string>
  /** Returns the reason why the server accepts no clients; `undefined` if it accepts clients. */
  whyNotReady(): string | undefined
}
