import { RequestError } from '../../errors.js'
import { createSrtpSender } from '../../media/fan-out/secure-fan-out.js'
import { StreamSecurity, type TrackKeys } from '../../media/streams/stream-security.js'
import type { Track } from '../../media/track/track.js'
import type { Session } from '../../session-pool/index.js'
import { securityOf } from '../request/session-presentation.js'
import type { ChosenProfile } from './key-mgmt.js'

/** Creates the SRTP state of a track that is sent to a viewer; `undefined` with RTP/AVP. */
export function playSecurity(
  session: Session,
  track: Track,
  { suite, offer }: ChosenProfile,
): StreamSecurity | undefined {
  if (!suite) return undefined
  const sender = track.srtp(suite)
  // live555 sends its RTCP under the key that it received.
  const own = { master: sender.master, rolloverCounters: new Map<number, number>() }
  return new StreamSecurity(sender, offer ?? own, securityOf(session, track.index))
}

/**
 * Creates the SRTP state of a track that is received from a client; `undefined` with RTP/AVP.
 *
 * @param announced - Keys of the client's ANNOUNCE, if it announced the track.
 * @throws {RequestError} `ERR_KEY_MANAGEMENT` (463) when the client has not provided a key.
 */
export function recordSecurity(
  session: Session,
  trackIndex: number,
  { profile, offer }: ChosenProfile,
  announced?: TrackKeys,
): StreamSecurity | undefined {
  if (profile !== 'SAVP') return undefined
  const theirs = offer ?? announced?.offer
  if (!theirs) {
    throw new RequestError(
      'ERR_KEY_MANAGEMENT',
      'expected the key of an RTP/SAVP stream in a=key-mgmt or KeyMgmt, got none',
    )
  }
  const sender = announced?.sender ?? createSrtpSender(theirs.master.suite)
  return new StreamSecurity(sender, theirs, securityOf(session, trackIndex))
}
