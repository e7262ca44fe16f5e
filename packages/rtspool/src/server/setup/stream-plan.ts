import type { PlayStream } from '../../media/streams/play-stream.js'
import type { RecordStream } from '../../media/streams/record-stream.js'
import type { TransportSpec, TransportSpecInit } from '../../rtsp/index.js'
import type { Session, SessionInit, SessionMedia } from '../../session-pool/index.js'
import type { AccessAction } from '../auth/rules.js'
import type { RequestContext } from '../request/request-context.js'
import type { Presentation } from '../request/session-presentation.js'
import type { RequestTarget } from '../request/target.js'

/** A SETUP as its plan is made from it. */
export interface SetupRequest {
  readonly context: RequestContext
  readonly target: RequestTarget
  /** The alternatives of the Transport header. */
  readonly transports: readonly TransportSpec[]
  /** The presentation that the session of the request holds. */
  readonly held: SessionMedia<Presentation> | undefined
}

/** A SETUP that has passed every check which needs neither session nor media. */
export interface StreamPlan {
  /** Path of the presentation. */
  readonly path: string
  readonly action: AccessAction
  /** The session that leaves for the new one. */
  readonly replaces: Session | undefined
  /**
   * Opens the stream: nothing is sent before PLAY, and what arrives before RECORD is dropped.
   *
   * @param init - The session that has been admitted; without it the request has named one.
   * @throws {RequestError} The session is then as it was before, and a new one has ended.
   */
  open(init: SessionInit | undefined): Promise<OpenedStream>
}

/** One kind of stream: to a viewer, to a multicast group, from a publisher, from a viewer that speaks. */
export interface StreamKind {
  readonly presentation: Presentation
  readonly trackIndex: number
  readonly lowerTransport: 'TCP' | 'UDP'
  /**
   * Opens the stream for a session. Nothing is left behind when that fails.
   *
   * @throws {RequestError} `ERR_UNSUPPORTED_TRANSPORT`, `ERR_KEY_MANAGEMENT`, `ERR_BACK_CHANNEL_IN_USE`
   */
  open(session: Session): StreamSetup
}

/** A stream with its channels or ports, and the headers of the response that describe it. */
export interface StreamSetup {
  readonly stream: PlayStream | RecordStream
  /** The Transport header. */
  readonly answer: TransportSpecInit
  /** The server's key, with SRTP. */
  readonly keyMgmt?: readonly [name: string, value: string] | undefined
}

/** A stream that belongs to a session. */
export interface OpenedStream extends StreamSetup {
  readonly session: Session
}
