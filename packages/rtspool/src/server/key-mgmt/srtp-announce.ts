import { createSrtpSender } from '../../media/fan-out/secure-fan-out.js'
import type { TrackKeys } from '../../media/streams/stream-security.js'
import { parseKeyMgmtAttribute } from '../../rtsp/index.js'
import { type MediaDescription, resolveControl, type SessionDescription } from '../../sdp/index.js'
import type { RequestContext } from '../request/request-context.js'
import { keyMgmtHeader, offerOf, srtpSuiteFor } from './key-mgmt.js'

/**
 * Reads the keys of the tracks that are announced as SRTP, by track index. Empty on a connection on
 * which keys are not allowed. The server creates a key of its own for each track, for the RTCP sent
 * to the publisher.
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
    // RFC 4567 section 3.1: the session level applies to all media without a key of their own.
    const attribute = section.attribute('key-mgmt') ?? session.attribute('key-mgmt')
    const offer = attribute === undefined ? undefined : offerOf(parseKeyMgmtAttribute(attribute))
    keys.set(index, { sender: createSrtpSender(offer?.master.suite ?? suite), offer })
  })
  return keys
}

/** Formats our keys for the response, one header a track, as rtspclientsink expects them. */
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
