import type { MalformedMessageError, RtspError } from '../errors.js'
import type { ConnectionInfo } from '../public/connection.js'
import type { MediaInfo } from '../public/media.js'
import type { PublicationInfo } from '../public/publication.js'
import type { RtspRequest } from '../rtsp/index.js'
import type { Session, SessionData } from '../session-pool/index.js'
import type { AccessRefusal } from './auth/authenticator.js'
import type { ViewerGap } from './liveness/lag-monitor.js'
import type { OverloadLevel, RtspServerPressure } from './overload/pressure.js'

/** Response to a request, in the event `requestAnswered`. */
export interface RequestAnswer {
  readonly statusCode: number
  /**
   * Milliseconds from the reading of the request to the writing of its response, including the wait
   * for other requests.
   */
  readonly milliseconds: number
}

export interface RtspServerEvents<Data extends object = SessionData> {
  connectionOpened: [connection: ConnectionInfo<Data>]
  connectionClosed: [connection: ConnectionInfo<Data>]
  /**
   * Emitted when an ANNOUNCE that the option `onAnnounce` has let pass was refused for another reason, or its publication
   * has ended before RECORD.
   */
  announceEnded: [path: string]
  /** Emitted when a client has begun to record to a path, which can be played from now on. */
  publishStarted: [path: string, publication: PublicationInfo<Data>]
  /** Emitted when a publication has ended. The sessions of its viewers end too. */
  publishEnded: [path: string, publication: PublicationInfo<Data>]
  /** Emitted when the source of a media has started, for its first viewer or with RECORD. */
  mediaStarted: [media: MediaInfo]
  /** Emitted when a started media has ended. The sessions of its viewers end too. */
  mediaEnded: [media: MediaInfo]
  /**
   * Emitted when an interleaved viewer reads too slowly. From now on the server drops packets to the
   * viewer, until a key frame.
   */
  viewerFellBehind: [session: Session<Data>]
  /** Emitted when a viewer that was behind gets packets again, or has paused. */
  viewerCaughtUp: [session: Session<Data>, gap: ViewerGap]
  /** Emitted when the measures against overload have changed: `pressure.level` is the new level. */
  pressureChanged: [pressure: RtspServerPressure, previous: OverloadLevel]
  /** Emitted when the response to a request has been written, with any status. */
  requestAnswered: [request: RtspRequest, answer: RequestAnswer, connection: ConnectionInfo<Data>]
  /**
   * Emitted when a request got 5xx because of a failure of the server or the application. Without a
   * listener, the first failure becomes a process warning.
   */
  requestFailed: [error: unknown, request: RtspRequest, connection: ConnectionInfo<Data>]
  /**
   * Emitted when a request got an error response because of the client, or of a limit. `error.code`
   * and `error.message` give the reason, in more detail than the response. Refusals of access are
   * emitted as `accessRefused` instead.
   */
  requestRefused: [error: RtspError, request: RtspRequest, connection: ConnectionInfo<Data>]
  /**
   * Emitted when received bytes were not an RTSP message, or exceeded a limit. The response was
   * 4xx, and the connection is closed.
   */
  messageRefused: [error: MalformedMessageError, connection: ConnectionInfo<Data>]
  /**
   * Emitted when the option `auth` refused a request with 401 or 403. The reason `missing` mostly
   * means a client that is about to log in.
   */
  accessRefused: [refusal: AccessRefusal]
}
