import { RequestError } from '../../errors.js'
import { createSrtpSender } from '../../media/fan-out/secure-fan-out.js'
import type { TrackKeys } from '../../media/streams/stream-security.js'
import type { SrtpOffer } from '../../mikey/index.js'
import { parseKeyMgmtAttribute } from '../../rtsp/index.js'
import { type MediaDescription, resolveControl, type SessionDescription } from '../../sdp/index.js'
import type { RequestContext } from '../request/request-context.js'
import { keyMgmtHeader, srtpSuiteFor } from './key-mgmt.js'
import { offerOf } from './offers.js'

/**
 * Maximum number of tracks with SRTP in an announcement; one with more is refused. Each track costs
 * a key of the server and a header in the response.
 */
const maxKeyedTracks = 16

/**
 * Reads the keys of the tracks that are announced as SRTP, by track index. Empty on a connection
 * without TLS. The server also creates a key for each such track, for the RTCP that it sends to the
 * publisher.
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
  // RFC 4567 section 3.1: the session level applies to all media without a key of their own. Read once.
  let common: SrtpOffer | undefined
  media.forEach((section, index) => {
    if (!isSecure(section)) return
    if (keys.size === maxKeyedTracks) throw tooManyKeys()
    const own = section.attribute('key-mgmt')
    if (own === undefined) common ??= offerIn(session.attribute('key-mgmt'))
    const offer = own === undefined ? common : offerIn(own)
    keys.set(index, { sender: createSrtpSender(offer?.master.suite ?? suite), offer })
  })
  return keys
}

const tooManyKeys = (): RequestError =>
  new RequestError(
    'ERR_KEY_MANAGEMENT',
    `expected at most ${maxKeyedTracks} tracks of SRTP, got more`,
  )

function offerIn(attribute: string | undefined): SrtpOffer | undefined {
  return attribute === undefined ? undefined : offerOf(parseKeyMgmtAttribute(attribute))
}

/**
 * Formats the server's keys as KeyMgmt headers of the response to ANNOUNCE, one for each track, as rtspclientsink
 * expects them.
 */
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
