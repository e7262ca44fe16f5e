import type { Clock } from '../../clock.js'
import type { Media } from '../../media/media.js'
import type { MediaFactory, MediaRequest } from '../../media/media-factory.js'
import type { MountPoints } from '../../media/mount-points.js'
import type { Publication } from '../../media/streams/publication.js'
import type { TimelinePolicy } from '../../media/timeline/timeline.js'
import type { CacheBudget } from '../../media/track/cache-budget.js'
import type { GopCacheLimits } from '../../media/track/gop-cache.js'
import type { RtspRequest } from '../../rtsp/index.js'
import type { Session, SessionInit, SessionOwner, SessionPool } from '../../session-pool/index.js'
import type { SrtpSuite } from '../../srtp/index.js'
import type { MulticastAddressPool } from '../../transport/multicast/multicast-address-pool.js'
import type { InterleavedCarrier } from '../../transport/tcp/channel-table.js'
import type { UdpTransport } from '../../transport/udp/udp-transport.js'
import type { RefusalMonitor } from '../liveness/refusal-monitor.js'
import type { SilenceMonitor } from '../liveness/silence-monitor.js'
import type { PublisherTakeover } from '../server-options.js'
import type { RequestTarget } from './target.js'

/** Where the sessions of a server are made, and which connection each lives with: `connection/server-sessions.ts`. */
export interface ServerSessions {
  /**
   * Makes a session for a client that has been admitted.
   *
   * @throws {SessionPoolError} When the pool cannot any more.
   * @throws {RequestError} `ERR_SERVER_CLOSING`
   */
  create(init: SessionInit, connection: ConnectionContext): Session
  /** Notes that a connection uses a session, which lives there from now on unless it is bound to one. */
  use(session: Session, connection: ConnectionContext): void
  /** Notes that a track of a session has been set up, to play or to publish, over the connection or by UDP. */
  noteSetUp(session: Session, isPublisher: boolean): void
  /** Whether the server, and not its client, has ended a session with this id a moment ago that was the claimant's. */
  hasEnded(id: string, claimant: SessionOwner): boolean
  /** Notes that its client has torn a session down that had ended: nobody has anything to say to it any more. */
  forgetEnded(id: string): void
}

/** The publications of a server that wait for their SETUP, or are set up; `sources/announcements.ts` counts them. */
export interface Announcements {
  /**
   * Makes sure that a connection may announce.
   *
   * @param leaving - Publications that end when the new one begins.
   * @returns Milliseconds that are left for the first SETUP; 0 = any time.
   * @throws {SessionPoolError} `ERR_SESSION_POOL_FULL`
   * @throws {RequestError} `ERR_FORBIDDEN`
   */
  admit(connection: ConnectionContext, leaving: readonly Publication[]): number
  /** Notes that the connection has announced a publication. */
  note(connection: ConnectionContext, publication: Publication): void
  /** Notes that the connection has set up the publication that it announced. */
  settled(connection: ConnectionContext): void
  /** Notes that a publication of the connection has ended. */
  ended(connection: ConnectionContext, publication: Publication): void
}

/** The media that a server serves, until their sources are closed; `sources/served-media.ts` keeps them. */
export interface ServedMedia {
  /** Makes sure that media may be made. @throws {RequestError} `ERR_SERVER_CLOSING` */
  requireOpen(): void
  /** Notes a media, until its source is closed. */
  note(media: Media): void
}

/** A media that a DESCRIBE has made for the SETUP that follows it; `sources/described-media.ts` holds it. */
export interface DescribedMedia {
  readonly media: Media
  /** Whether the factory would make this media for the request. */
  isFor(factory: MediaFactory, request: MediaRequest): boolean
  /** Lets go of the media. */
  release(): void
}

/** A request of which only the URI has been looked at. */
export type UnauthorizedRequest = Omit<RequestContext, 'session'>

/** The user behind a request (nobody in particular: `undefined`), or why it is not answered. */
export type Authorization = { readonly user: string | undefined } | { readonly refusal: Reply }

/** Who may ask for what. */
export interface Authorizer {
  /**
   * Looks at the credentials of a request and at what it is about; no session is touched.
   *
   * @throws {RequestError} `ERR_TOO_MANY_ATTEMPTS`; whatever a hook throws.
   */
  authorize(request: UnauthorizedRequest): Promise<Authorization>
}

/** What a handler may use of the server. */
export interface ServerContext {
  readonly clock: Clock
  readonly pool: SessionPool
  readonly mounts: MountPoints
  /** What was announced and is not set up yet. */
  readonly announcements: Announcements
  readonly media: ServedMedia
  /** Nothing when everybody may do everything. */
  readonly authorizer: Authorizer | undefined
  /** The server's UDP ports; nothing when UDP is turned off. */
  readonly udp: () => UdpTransport | undefined
  readonly sessions: ServerSessions
  /** Ends UDP sessions whose client is gone. */
  readonly refusals: RefusalMonitor
  /** Ends publishers that send nothing any more. */
  readonly silence: SilenceMonitor
  /** When a second publisher takes the path of the first. */
  readonly publisherTakeover: PublisherTakeover
  /** For publications. */
  readonly gopCache: GopCacheLimits | undefined
  /** Of all media that are served, publications among them. */
  readonly cacheBudget: CacheBudget
  /** For publications whose path has no policy of its own. */
  readonly timeline: TimelinePolicy
  /** What media are encrypted with on secure connections; nothing when SRTP is turned off. */
  readonly srtp: SrtpSuite | undefined
  /** Where media may go by multicast whose factory does not say, publications among them. */
  readonly multicast: MulticastAddressPool | undefined
  /** Announces a publication that has begun, or ended, to the application. */
  readonly publicationStarted: (publication: Publication) => void
  readonly publicationEnded: (publication: Publication) => void
}

/** What a handler may use of the connection that brought the request. */
export interface ConnectionContext {
  /** Carries the media that travel inside the connection. */
  readonly carrier: InterleavedCarrier
  /** Numeric, IPv4 never in IPv6 notation. */
  readonly remoteAddress: string
  /** Of our end, in the same form. */
  readonly localAddress: string
  /** `host:port` of our end, for Content-Base. */
  readonly localAuthority: string
  /** Whether nobody between the client and us can read along: TLS. */
  readonly isSecure: boolean
  /** Whether it comes through HTTP or a WebSocket: media travel inside it or not at all. */
  readonly isTunnelled: boolean
  /** The sessions that live here: this connection was the last to use them. */
  readonly sessions: Set<Session>
  readonly isClosed: boolean
  /** Aborts when the connection is closed. */
  readonly closeSignal: AbortSignal
  /** Announced here and not yet set up. */
  publication: Publication | undefined
  /** Described here and not yet set up; one that is replaced is released. */
  described: DescribedMedia | undefined
  /** A session that lived here lives with another connection from now on. */
  sessionLeft(session: Session): void
  /**
   * A session that lived here is gone.
   *
   * @param farewellMs - Milliseconds after which the connection is closed unless it has another session by then or has
   *   asked for something; `undefined` = it stays.
   */
  sessionRemoved(session: Session, farewellMs: number | undefined): void
}

/** One request on its way through a handler. */
export interface RequestContext {
  readonly server: ServerContext
  readonly connection: ConnectionContext
  readonly request: RtspRequest
  /** `undefined` for `*`. */
  readonly target: RequestTarget | undefined
  /** The session that the request names and the client owns. */
  readonly session: Session | undefined
  /** Who asks, for the ownership of sessions. */
  readonly claimant: SessionOwner
}

/** What the wire hears. CSeq, Timestamp and Session are added when it is written. */
export interface Reply {
  readonly statusCode: number
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly body?: Buffer | string
  /** The session to name in the answer. */
  readonly session?: Session
  /** Runs in the same turn, right after the answer was written: media never precede it. */
  readonly afterWrite?: () => void
}

export type Handler = (context: RequestContext) => Reply | Promise<Reply>

export const ok: Reply = Object.freeze({ statusCode: 200 })
