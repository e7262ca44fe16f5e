import type { PlayStream } from '../../media/streams/play-stream.js'
import type { RecordStream } from '../../media/streams/record-stream.js'
import type { TransportSpec, TransportSpecInit } from '../../rtsp/index.js'
import type { Session, SessionInit, SessionMedia } from '../../session-pool/index.js'
import type { AccessAction } from '../auth/rules.js'
import type { Reply, RequestContext } from '../request/request-context.js'
import type { Presentation } from '../request/session-presentation.js'
import type { RequestTarget } from '../request/target.js'

/** Request, Transport alternatives and session of a SETUP, from which its plan is made. */
export interface SetupRequest {
  readonly context: RequestContext
  readonly target: RequestTarget
  /** Alternatives of the Transport header, in the client's order of preference. */
  readonly transports: readonly TransportSpec[]
  /**
   * Presentation that the session of the request plays or records; `undefined` without a session.
   */
  readonly held: SessionMedia<Presentation> | undefined
}

/** Plan of a SETUP: its checks that need neither session nor media have passed. */
export interface StreamPlan {
  /** Path of the presentation that the SETUP names. */
  readonly path: string
  readonly action: AccessAction
  /** Session of the same client that ends when the new session is created; `undefined` = none. */
  readonly replaces: Session | undefined
  /**
   * Opens the stream. The server sends nothing before PLAY, and drops packets that arrive before
   * RECORD.
   *
   * @param init - Properties of a new session, which has been admitted; `undefined` if the request
   *   names a session.
   * @returns The open stream, or the response that refuses it.
   * @throws {RequestError} The session is then as it was before, and a new one has ended.
   */
  open(init: SessionInit | undefined): Promise<OpenedStream | RefusedStream>
}

/**
 * A kind of stream that a SETUP can open: to a viewer, to a multicast group, from a publisher, or a
 * back channel.
 */
export interface StreamKind {
  readonly presentation: Presentation
  readonly trackIndex: number
  readonly lowerTransport: 'TCP' | 'UDP'
  /**
   * Opens the stream for a session. After a failure, no port, channel or group remains in use.
   *
   * @throws {RequestError} `ERR_UNSUPPORTED_TRANSPORT`, `ERR_KEY_MANAGEMENT`,
   *   `ERR_BACK_CHANNEL_IN_USE`
   */
  open(session: Session): StreamSetup
}

/** An open stream, and the headers of the response to its SETUP. */
export interface StreamSetup {
  readonly stream: PlayStream | RecordStream
  /** Value of the Transport header in the response to the SETUP. */
  readonly answer: TransportSpecInit
  /** KeyMgmt header with the server's key; `undefined` without SRTP. */
  readonly keyMgmt?: readonly [name: string, value: string] | undefined
}

/** An open stream of a session, and the headers of the response to its SETUP. */
export interface OpenedStream extends StreamSetup {
  readonly session: Session
}

/** Response that refuses a stream, because the user of the request may not open it. */
export interface RefusedStream {
  readonly refusal: Reply
}
