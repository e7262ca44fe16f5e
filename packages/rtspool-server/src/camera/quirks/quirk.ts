import type { MediaQuirk } from '../media/media-quirk.js'
import type { CreateFilter } from '../wire/wire-filter.js'

/** A behaviour of real cameras that clients must cope with. */
export interface Quirk {
  /** Number of the quirk, with a letter where the quirk has several behaviours: `19a`. */
  readonly id: string
  /** Cameras that show the behaviour. */
  readonly who: string
  /** Behaviour, on one line without a full stop. */
  readonly does: string
  /** Public place that tells of the behaviour. */
  readonly source: string
  /** Encoding that the media must have, in upper case. @default any */
  readonly needs?: string
  /** True if the behaviour shows at a login only: without `auth`, the camera asks for Digest. */
  readonly needsLogin?: boolean
  /** True if media are protected by SRTP for clients inside TLS. */
  readonly needsSrtp?: boolean
  /** Behaviour in requests, responses and frames. */
  readonly filter?: CreateFilter
  /** Changes the text of the session description, whose URLs are relative to a Content-Base. */
  readonly sdp?: (sdp: string, base: string) => string
  /** Behaviour in packets. */
  readonly media?: MediaQuirk
}
