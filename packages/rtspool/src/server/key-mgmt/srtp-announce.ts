import { createSrtpSender } from '../../media/fan-out/secure-fan-out.js'
import type { TrackKeys } from '../../media/streams/stream-security.js'
import { parseKeyMgmtAttribute } from '../../rtsp/index.js'
import { type MediaDescription, resolveControl, type SessionDescription } from '../../sdp/index.js'
import type { RequestContext } from '../request/request-context.js'
import { keyMgmtHeader, offerOf, srtpSuiteFor } from './key-mgmt.js'

/**
 * The keys of the tracks that are announced as SRTP, by their index; none on a connection where keys have no
 * place. We need one of our own a track, for the RTCP that the publisher gets.
 *
 * @throws {RequestError} `ERR_KEY_MANAGEMENT` (463)
 */
export function announcedKeys(
  context: RequestContext,
  { session, media }: SessionDescription,
): ReadonlyMap<number, TrackKeys> {
  const suite = srtpSuiteFor(context)
  const keys = new Map<number, TrackKeys>()
  if (!suite) return keys
  media.forEach((section, index) => {
    if (!isSecure(section)) return
    // RFC 4567 section 3.1: at the session level for all media that have none of their own.
    const attribute = section.attribute('key-mgmt') ?? session.attribute('key-mgmt')
    const offer = attribute === undefined ? undefined : offerOf(parseKeyMgmtAttribute(attribute))
    keys.set(index, { sender: createSrtpSender(offer?.master.suite ?? suite), offer })
  })
  return keys
}

/** Our keys for the answer, one header a track, as rtspclientsink looks for them. */
export function keyMgmtHeaders(
  { request, server }: RequestContext,
  { media }: SessionDescription,
  keys: ReadonlyMap<number, TrackKeys>,
): (readonly [name: string, value: string])[] {
  return [...keys].map(([index, { sender }]) => {
    const uri = resolveControl(request.uri, media[index]?.control)
    return keyMgmtHeader(uri, sender, server.clock)
  })
}

const isSecure = ({ protocol }: MediaDescription): boolean => /^RTP\/SAVP/i.test(protocol)
