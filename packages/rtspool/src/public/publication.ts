import type { SessionDescription } from '../sdp/index.js'
import type { Session, SessionData } from '../session-pool/index.js'
import type { MediaInfo } from './media.js'

/** A client's recording to a path (ANNOUNCE and RECORD), which viewers can play. */
export interface PublicationInfo<Data extends object = SessionData> {
  /** Decoded path at which viewers play the recording. */
  readonly path: string
  /** Session of the publisher; the same object after the session has ended. */
  readonly session: Session<Data>
  /** Session description as announced by the client. */
  readonly description: SessionDescription
  /** Media through which viewers play the recording. */
  readonly media: MediaInfo
}
