import { check } from '../mismatch.js'
import type { Peer } from '../peer.js'
import type { DescribedTrack } from '../sdp.js'
import type { Trial } from '../trial.js'

/**
 * Transport header with which most conformance tests send SETUP: RTP on channel 0 and RTCP on channel 1 of the
 * connection.
 */
export const interleavedTransport = 'RTP/AVP/TCP;unicast;interleaved=0-1'

/**
 * Opens a connection, and sends DESCRIBE for the main presentation.
 *
 * @returns The connection, and the first track of the description.
 */
export async function described(trial: Trial): Promise<{ peer: Peer; track: DescribedTrack }> {
  const peer = await trial.connect()
  const { tracks } = await trial.describe(peer)
  const [track] = tracks
  check(track !== undefined, 'a track', 'none')
  return { peer, track }
}

/** Sends a SETUP for a track with this Transport header. @returns The response, whatever its status. */
export const ask = (peer: Peer, track: DescribedTrack, Transport: string) =>
  peer.request('SETUP', track.uri, { headers: { Transport } })

/** Returns whether a status code is 4xx. */
export const isClientError = (status: number): boolean => status >= 400 && status < 500
