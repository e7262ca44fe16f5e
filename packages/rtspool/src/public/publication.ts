import type { SessionDescription } from '../sdp/index.js'
import type { Session } from '../session-pool/index.js'
import type { MediaInfo } from './media.js'

/** A client's recording to a path. */
export interface PublicationInfo {
  /** Decoded path at which viewers play the recording. */
  readonly path: string
  /** Session of the publisher, also after its end. */
  readonly session: Session
  /** Description as announced by the client. */
  readonly description: SessionDescription
  /** Media for the viewers. */
  readonly media: MediaInfo
}
