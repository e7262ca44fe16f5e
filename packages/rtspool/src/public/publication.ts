import type { SessionDescription } from '../sdp/index.js'
import type { Session } from '../session-pool/index.js'
import type { MediaInfo } from './media.js'

/** A client's recording to a path. */
export interface PublicationInfo {
  /** Decoded path that viewers play. */
  readonly path: string
  /** Session of the publisher; after its end as well. */
  readonly session: Session
  /** Description as the client announced it. */
  readonly description: SessionDescription
  /** Media that viewers get. */
  readonly media: MediaInfo
}
