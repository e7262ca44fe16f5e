import type { Media } from '../../media/media.js'
import type { PlayStream } from '../../media/streams/play-stream.js'
import type { StreamSecurity } from '../../media/streams/stream-security.js'
import type { Track } from '../../media/track/track.js'
import type { SrtpPosition, SrtpSuite } from '../../srtp/index.js'
import type { ConnectionContext, RequestContext } from '../request/request-context.js'
import { keyFormOf, keyMgmtHeader } from './key-mgmt.js'

/** What each connection was told last, in a description. */
const described = new WeakMap<ConnectionContext, ReadonlyMap<Track, SrtpPosition>>()

/** Notes that a client was shown the keys of a media, with their rollover counters. */
export function noteDescribed(connection: ConnectionContext, media: Media, suite: SrtpSuite): void {
  const positions = media.tracks.map((track) => [track, track.srtp(suite).toldPosition] as const)
  described.set(connection, new Map(positions))
}

/**
 * Which rollover counter a client knows that sets a track up. GStreamer 1.22 reads the one of the description only:
 * whoever reads that of SETUP can do without the packets that lead there.
 */
export function toldPosition(
  connection: ConnectionContext,
  track: Track,
  { sender }: StreamSecurity,
): SrtpPosition {
  return described.get(connection)?.get(track) ?? sender.toldPosition
}

/** Our keys, for those streams that are going to play with another rollover counter than was told (RFC 4567 section 3). */
export function rolloverHeaders(
  { server }: RequestContext,
  streams: readonly PlayStream[],
): (readonly [name: string, value: string])[] {
  const headers: (readonly [name: string, value: string])[] = []
  for (const { hasRolledOver, security, track, uri } of streams) {
    if (!hasRolledOver || !security) continue
    headers.push(keyMgmtHeader(uri, security.sender, server.clock, track.ssrc, keyFormOf(security)))
  }
  return headers
}
