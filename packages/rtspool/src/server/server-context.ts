import type { MountPoints } from '../media/mount-points.js'
import type { Publication } from '../media/streams/publication.js'
import type { CacheBudget } from '../media/track/cache-budget.js'
import type { PublicationInfo } from '../public/publication.js'
import { Session } from '../session-pool/index.js'
import type { UdpPorts } from '../transport/udp/udp-ports.js'
import type { Authenticator } from './auth/authenticator.js'
import type { ServerSessions } from './connection/server-sessions.js'
import { LagMonitor } from './liveness/lag-monitor.js'
import { RefusalMonitor } from './liveness/refusal-monitor.js'
import { SilenceMonitor } from './liveness/silence-monitor.js'
import type { OverloadGuard } from './overload/overload.js'
import type { ServerContext } from './request/request-context.js'
import type { ResolvedRtspServerOptions } from './resolved-options.js'
import type { RtspServerEvents } from './server-events.js'
import { Announcements } from './sources/announcements.js'
import type { ServedMedia } from './sources/served-media.js'

/** Parts of a server that its request handlers use. */
export interface ServerParts {
  /** Options of the server; a live option has its present value. */
  readonly options: ResolvedRtspServerOptions
  readonly mounts: MountPoints
  readonly media: ServedMedia
  readonly sessions: ServerSessions
  readonly guard: OverloadGuard
  readonly cacheBudget: CacheBudget
  /** Returns the present authenticator; `undefined` without the option `auth`. */
  readonly authenticator: () => Authenticator | undefined
  /** Returns the UDP ports of the server; `undefined` before they are open, or without UDP. */
  readonly udp: () => UdpPorts | undefined
  /** Emits an event of the server with its arguments to the listeners of the application. */
  tell<K extends keyof RtspServerEvents>(event: K, ...args: RtspServerEvents[K]): void
}

/** Creates the context in which a server handles all its requests. */
export function createServerContext(parts: ServerParts): ServerContext {
  const { options, media, sessions } = parts
  const { clock, pool } = options
  return {
    clock,
    pool,
    mounts: parts.mounts,
    announcements: new Announcements(pool, clock),
    media,
    get authorizer() {
      return parts.authenticator()
    },
    udp: parts.udp,
    sessions,
    silence: new SilenceMonitor(clock, options.publisherTimeoutMs, (session) =>
      sessions.isConnected(session),
    ),
    refusals: new RefusalMonitor(clock),
    overload: parts.guard,
    get publisherTakeover() {
      return options.publisherTakeover
    },
    get publisherGraceMs() {
      return options.publisherGraceMs
    },
    get publisherSlate() {
      return options.publisherSlate
    },
    get gopCache() {
      return options.gopCache
    },
    cacheBudget: parts.cacheBudget,
    get timeline() {
      return options.timeline
    },
    srtp: options.tls?.srtp,
    multicast: options.multicast,
    onUnknownSession: options.onUnknownSession,
    onUnknownPath: options.onUnknownPath,
    onAnnounce: options.onAnnounce,
    isPeer: options.isPeer,
    lags: new LagMonitor(clock, {
      fellBehind: (session) => parts.tell('viewerFellBehind', session),
      caughtUp: (session, gap) => parts.tell('viewerCaughtUp', session, gap),
    }),
    publicationStarted: (publication) => {
      if (publication.media) media.note(publication.media)
      const info = publicationInfoOf(publication)
      if (info) parts.tell('publishStarted', info.path, info)
    },
    publicationEnded: (publication) => {
      const info = publicationInfoOf(publication)
      if (info) parts.tell('publishEnded', info.path, info)
      if (options.publisherGraceMs > 0) media.boundWaiting()
    },
    announceEnded: (path) => parts.tell('announceEnded', path),
  }
}

function publicationInfoOf({
  path,
  holder,
  description,
  media,
}: Publication): PublicationInfo | undefined {
  if (!(holder instanceof Session && media)) return undefined
  return { path, session: holder, description, media }
}
