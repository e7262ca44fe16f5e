import type { Media } from '../../media/media.js'
import type { PlayStream } from '../../media/streams/play-stream.js'
import type { StreamSecurity } from '../../media/streams/stream-security.js'
import type { Track } from '../../media/track/track.js'
import type { SrtpPosition, SrtpSuite } from '../../srtp/index.js'
import type { ConnectionContext } from '../request/connection-context.js'
import type { RequestContext } from '../request/request-context.js'
import { keyFormOf, keyMgmtHeader } from './key-mgmt.js'

/** SRTP rollover counters by track, as in the last description sent on each connection. */
const described = new WeakMap<ConnectionContext, ReadonlyMap<Track, SrtpPosition>>()

/**
 * Remembers the SRTP rollover counters in the description that the server sends to a client, so that PLAY announces
 * only counters that have changed.
 */
export function noteDescribed(connection: ConnectionContext, media: Media, suite: SrtpSuite): void {
  const positions = media.tracks.map((track) => [track, track.srtp(suite).toldPosition] as const)
  described.set(connection, new Map(positions))
}

/**
 * Returns the rollover counter that the server has told a client before it sets up a track. It is the counter in the
 * last description, or without one the present counter.
 *
 * GStreamer 1.22 reads the counter in the description only. A client that reads the counter in the response to SETUP
 * does not need the older packets by which the server updates the counter of the description.
 */
export function toldPosition(
  connection: ConnectionContext,
  track: Track,
  { sender }: StreamSecurity,
): SrtpPosition {
  return described.get(connection)?.get(track) ?? sender.toldPosition
}

/**
 * Formats the server's keys as headers of the response to PLAY, for those streams whose rollover
 * counter has changed since the client learned it (RFC 4567 section 3).
 */
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
