import type { Clock } from '../../clock.js'
import type { Media } from '../../media/media.js'
import type { MountPoints } from '../../media/mount-points.js'
import type { CreateSlate } from '../../media/slate.js'
import type { Publication } from '../../media/streams/publication.js'
import type { TimelinePolicy } from '../../media/timeline/timeline.js'
import type { CacheBudget } from '../../media/track/cache-budget.js'
import type { GopCacheLimits } from '../../media/track/gop-cache-options.js'
import type { MediaInfo } from '../../public/media.js'
import type { RtspRequest } from '../../rtsp/index.js'
import type {
  Session,
  SessionGroups,
  SessionInit,
  SessionOwner,
  SessionPool,
} from '../../session-pool/index.js'
import type { SrtpSuite } from '../../srtp/index.js'
import type { MulticastAddressPool } from '../../transport/multicast/address-pool.js'
import type { UdpPorts } from '../../transport/udp/udp-ports.js'
import type { LagMonitor } from '../liveness/lag-monitor.js'
import type { RefusalMonitor } from '../liveness/refusal-monitor.js'
import type { SilenceMonitor } from '../liveness/silence-monitor.js'
import type { OverloadGuard } from '../overload/overload.js'
import type { AnnounceHook, PeerCheck, UnknownPathHook } from '../path-hooks.js'
import type { PublisherTakeover } from '../server-options.js'
import type { UnknownSessionHook } from '../unknown-session-hook.js'
import type { ConnectionContext } from './connection-context.js'
import type { RequestTarget } from './target.js'

/** The part of `connection/server-sessions.ts` that handlers use: sessions, and the connection of each. */
export interface SessionsContext {
  /** True while {@link RtspServer.drain} ends all sessions. New clients then get no session. */
  readonly isDraining: boolean
  /**
   * Creates a session for a client that has been admitted.
   *
   * @param isPeer - True for another node of the cluster. Its viewers need the publishers of this server up to their
   *   end, so {@link RtspServer.drain} refuses it no session, and ends its sessions after those of all others.
   * @throws {SessionPoolError} If the pool can create none.
   * @throws {RequestError} `ERR_SERVER_CLOSING`, `ERR_DRAINING`
   */
  create(init: SessionInit, connection: ConnectionContext, isPeer: boolean): Session
  /**
   * Associates a session with the connection on which its client sends requests, unless the session is interleaved in
   * another connection.
   */
  use(session: Session, connection: ConnectionContext): void
  /**
   * Records that a SETUP has succeeded, to play or to publish. An open connection alone does not keep
   * the session of a UDP publisher, and {@link RtspServer.drain} ends publishers last.
   */
  noteSetUp(session: Session, isPublisher: boolean): void
  /**
   * Returns whether the server itself, and not the client, ended a session with this id within the
   * last 10 s, and the session was the claimant's.
   */
  hasEnded(id: string, claimant: SessionOwner): boolean
  /** Removes an ended session that its client has torn down. Further requests for it get 454. */
  forgetEnded(id: string): void
}

/**
 * Part of `sources/announcements.ts` that handlers use: publications from ANNOUNCE to their end, and
 * the time for their first SETUP.
 */
export interface AnnouncementsContext {
  /**
   * Checks that a connection may announce a publication.
   *
   * @param leaving - Publications that the new one replaces, which therefore do not count against the limit.
   * @returns Remaining milliseconds for the first SETUP; 0 = no limit.
   * @throws {SessionPoolError} `ERR_SESSION_POOL_FULL`
   * @throws {RequestError} `ERR_FORBIDDEN`
   */
  admit(connection: ConnectionContext, leaving: readonly Publication[]): number
  /**
   * Records that a connection has announced a publication, so that the time for its SETUP starts and limits count it.
   */
  note(connection: ConnectionContext, publication: Publication): void
  /** Records that a connection has set up a track of its publication, which ends the time for SETUP. */
  settled(connection: ConnectionContext): void
  /** Records that a publication of a connection has ended, so that limits no longer count it. */
  ended(connection: ConnectionContext, publication: Publication): void
}

/** The part of `sources/served-media.ts` that handlers use: media until their sources are closed. */
export interface MediaContext {
  /** True as soon as the server closes: no media may be created. */
  readonly isClosed: boolean
  /**
   * Returns the implementation of a media that the server serves; `undefined` if the media has
   * ended, or belongs to another server.
   */
  find(media: MediaInfo): Media | undefined
  /** Adds a media to those that the server lists and closes. The media is removed when its source is closed. */
  note(media: Media): void
}

/** A request whose URI has been parsed. Rights and session have not been checked yet. */
export type UnauthorizedRequest = Omit<RequestContext, 'session'>

/** Identity and rights of the client of an allowed request. */
export interface Login {
  /** Name of the user who has logged in; `undefined` without login. */
  readonly user: string | undefined
  /**
   * Decides whether a viewer may speak over the back channel of the media. Called for a SETUP of
   * the back channel alone, because it may call a hook.
   *
   * @returns The response that refuses the request; `undefined` if the viewer may speak.
   */
  readonly talkRefusal: () => Promise<Reply | undefined>
  /** Time in seconds since 1970 at which the authorization ends, and with it a new session. */
  readonly expiresAt?: number | undefined
  /** Groups to which the login assigns a new session, for `maxSessionsPerGroup`; `undefined` = none. */
  readonly groups?: SessionGroups | undefined
  /** Maximum number of sessions of the user, in place of the pool's limit; 0 = unlimited. */
  readonly maxSessionsPerUser?: number | undefined
  /** Called with the session that the request creates, so that the authorizer remembers its login. */
  readonly onSession?: ((session: Session) => void) | undefined
}

/** The login of an allowed request, or the response that refuses the request. */
export type Authorization = Login | { readonly refusal: Reply }

/** Authenticates requests, and checks the rights of their users. */
export interface Authorizer {
  /**
   * Checks the credentials of a request, and the rights of its user. No session is touched.
   *
   * @returns `undefined` if the authorizer was closed before it decided.
   * @throws {RequestError} `ERR_TOO_MANY_ATTEMPTS`. Errors of a hook are thrown unchanged.
   */
  authorize(request: UnauthorizedRequest): Promise<Authorization | undefined>
}

/** Parts of the server that handlers use. */
export interface ServerContext {
  readonly clock: Clock
  readonly pool: SessionPool
  readonly mounts: MountPoints
  /** Publications that clients have announced and not set up yet. */
  readonly announcements: AnnouncementsContext
  readonly media: MediaContext
  /** Checks users and rights; `undefined` if everybody may do everything. */
  readonly authorizer: Authorizer | undefined
  /** Returns the server's UDP ports; `undefined` if UDP is turned off. */
  readonly udp: () => UdpPorts | undefined
  readonly sessions: SessionsContext
  /** Monitor that ends UDP sessions whose client has gone: its host refuses every packet by ICMP. */
  readonly refusals: RefusalMonitor
  /** Reports viewers that read too slowly, as events of the server. */
  readonly lags: LagMonitor
  /** Monitor that ends the sessions of publishers that have stopped sending after their connection has closed. */
  readonly silence: SilenceMonitor
  /** Refuses new sessions while the server is overloaded. */
  readonly overload: Pick<OverloadGuard, 'leavesOutBurst' | 'checkNewSession'>
  /** Condition under which a second publisher replaces the first publisher of a path. */
  readonly publisherTakeover: PublisherTakeover
  /** Milliseconds that viewers wait for a publisher to return; 0 = they leave at once. */
  readonly publisherGraceMs: number
  /**
   * Function that creates the slate of a new publication, a clip for viewers while its publisher is away; `undefined`
   * = none.
   */
  readonly publisherSlate: CreateSlate | undefined
  /** Limits on the packets cached for new viewers of publications; `undefined` = no cache. */
  readonly gopCache: GopCacheLimits | undefined
  /** Limit on the memory of all caches, including those of publications. */
  readonly cacheBudget: CacheBudget
  /** Timeline policy of publications whose path has no policy of its own. */
  readonly timeline: TimelinePolicy
  /** Cipher for media on secure connections; `undefined` if SRTP is turned off. */
  readonly srtp: SrtpSuite | undefined
  /** Multicast addresses for publications, and for media whose factory has no option of its own. */
  readonly multicast: MulticastAddressPool | undefined
  /** Hook that responds to requests which name an unknown session; absent = they get 454. */
  readonly onUnknownSession: UnknownSessionHook | undefined
  readonly onUnknownPath: UnknownPathHook | undefined
  readonly onAnnounce: AnnounceHook | undefined
  readonly isPeer: PeerCheck | undefined
  /** Emits the event that a publication has started or ended. */
  readonly publicationStarted: (publication: Publication) => void
  readonly publicationEnded: (publication: Publication) => void
  /** Emits the event that what `onAnnounce` has admitted for a path came to nothing. */
  readonly announceEnded: (path: string) => void
}

/** One request, as passed to a handler. */
export interface RequestContext {
  readonly server: ServerContext
  readonly connection: ConnectionContext
  readonly request: RtspRequest
  /** Parsed request URI; `undefined` for `*`. */
  readonly target: RequestTarget | undefined
  /** Session that the request names and that the client owns; `undefined` if the request names none. */
  readonly session: Session | undefined
  /** Address, user and connection of the client. The client may use a session if they match those of its owner. */
  readonly claimant: SessionOwner
  /** Identity and rights of the client; `undefined` if the server has no authentication. */
  readonly login?: Login | undefined
  /** True if another node of the cluster pulls a stream; the option `isPeer` is asked once for each request. */
  readonly isPeer?: boolean
}

/** A response to be serialized. The serializer adds CSeq, Timestamp and Session. */
export interface Reply {
  readonly statusCode: number
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly body?: Buffer | string
  /** Session whose id the response contains; `undefined` = none. */
  readonly session?: Session
  /**
   * Called in the same turn, right after the response was written, so that no media precede the
   * response.
   */
  readonly afterWrite?: () => void
}

export type Handler = (context: RequestContext) => Reply | Promise<Reply>

export const ok: Reply = Object.freeze({ statusCode: 200 })
