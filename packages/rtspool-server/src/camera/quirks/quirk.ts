import type { MediaQuirk } from '../media/media-quirk.js'
import type { CreateFilter } from '../wire/wire-filter.js'

/** A behaviour of real cameras that clients must cope with. */
export interface Quirk {
  /** Number of the quirk, with a letter where the quirk has several behaviours: `19a`. */
  readonly id: string
  /** Cameras that show the behaviour. */
  readonly who: string
  /** Behaviour in words, on one line without a full stop. */
  readonly does: string
  /** Reference to a public report or source that describes the behaviour. */
  readonly source: string
  /** Encoding that the media must have, in upper case. @default any */
  readonly needs?: string
  /**
   * True if the behaviour shows only when a client must log in. Without the fault `auth`, the camera then asks for
   * Digest.
   */
  readonly needsLogin?: boolean
  /** True if media are protected by SRTP for clients inside TLS. */
  readonly needsSrtp?: boolean
  /** Filter that shows the behaviour in requests, responses and interleaved frames. */
  readonly filter?: CreateFilter
  /** Changes the text of the session description. URLs in the text are relative to `base`, the Content-Base. */
  readonly sdp?: (sdp: string, base: string) => string
  /** Behaviour in track descriptions and RTP packets. */
  readonly media?: MediaQuirk
}
