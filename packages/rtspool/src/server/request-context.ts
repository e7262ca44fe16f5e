import type { Clock } from '../clock.js'
import type { Media } from '../media/media.js'
import type { MountPoints } from '../media/mount-points.js'
import type { Publication } from '../media/publication.js'
import type { RtspRequest } from '../rtsp/index.js'
import type { Session, SessionOwner, SessionPool } from '../session/index.js'
import type { InterleavedCarrier } from '../transport/interleaved.js'
import type { UdpTransport } from '../transport/udp-transport.js'
import type { RequestTarget } from './target.js'

/** What a handler may use of the server. */
export interface ServerContext {
  readonly clock: Clock
  readonly pool: SessionPool
  readonly mounts: MountPoints
  /** The server's UDP ports; `undefined` when UDP is turned off. */
  readonly udp: UdpTransport | undefined
  /** Announces a publication that has ended, or begun, to the application. */
  publicationStarted(publication: Publication): void
  publicationEnded(publication: Publication): void
}

/** What a handler may use of the connection that brought the request. */
export interface ConnectionContext extends InterleavedCarrier {
  /** Numeric, IPv4 never in IPv6 notation. */
  readonly remoteAddress: string
  /** `host:port` of our end, for Content-Base. */
  readonly localAuthority: string
  /** The sessions that were made on this connection and live. */
  readonly sessions: Set<Session>
  /** Announced here and not yet set up. */
  publication: Publication | undefined
  /** The media that was last described here, so that SETUP gets the very same one when it is not shared. */
  described: { readonly presentation: string; readonly media: Media } | undefined
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

/** What the wire hears. CSeq and Session are added by the dispatcher. */
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
