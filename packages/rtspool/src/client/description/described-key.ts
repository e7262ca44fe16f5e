import { RtspError } from '../../errors.js'
import { parseSrtpOffer, type SrtpOffer } from '../../mikey/index.js'
import { parseKeyMgmtAttribute } from '../../rtsp/index.js'
import type { MediaDescription, SessionDescription } from '../../sdp/index.js'
import { parseCryptoAttribute } from '../../srtp/index.js'

/** SRTP key in a session description, with which the server encrypts the packets of a track. */
export interface DescribedKey extends SrtpOffer {
  /**
   * True if the server reads a key of the client in SETUP (MIKEY). Otherwise (`a=crypto`) both sides use the key of the
   * server, because RTSP has no place for an answer.
   */
  readonly isMutual: boolean
}

/** RTP profiles with encryption (SRTP). */
export type SecureProfile = 'RTP/SAVP' | 'RTP/SAVPF'

/** Returns the profile of a track if the profile is encrypted; `undefined` for any other. */
export function secureProfileOf({ protocol }: MediaDescription): SecureProfile | undefined {
  const [, isWithFeedback] = /^(?:UDP\/TLS\/)?RTP\/SAVP(F?)(?:\/|$)/i.exec(protocol) ?? []
  if (isWithFeedback === undefined) return undefined
  return isWithFeedback === '' ? 'RTP/SAVP' : 'RTP/SAVPF'
}

/**
 * Returns the SRTP key of a track: from `a=key-mgmt` of the track or else of the session, or else from the first
 * supported `a=crypto`.
 *
 * @returns `undefined` without a key that the client can use; the response to SETUP may have one.
 * @see RFC 4567 section 3, RFC 4568
 */
export function describedKeyOf(
  { session }: SessionDescription,
  media: MediaDescription,
): DescribedKey | undefined {
  for (const section of [media, session]) {
    for (const text of section.attributes('key-mgmt')) {
      const offer = offerIn(text)
      if (offer) return { ...offer, isMutual: true }
    }
  }
  for (const section of [media, session]) {
    for (const text of section.attributes('crypto')) {
      const master = parseCryptoAttribute(text)
      if (master) return { master, rolloverCounters: new Map(), isMutual: false }
    }
  }
  return undefined
}

function offerIn(text: string): SrtpOffer | undefined {
  try {
    const { protocol, data } = parseKeyMgmtAttribute(text)
    return protocol === 'mikey' ? parseSrtpOffer(data) : undefined
  } catch (error) {
    if (error instanceof RtspError) return undefined
    throw error
  }
}
