import type { DescribedTrack } from '../description.js'
import { check } from '../mismatch.js'
import type { Peer } from '../peer.js'
import type { Trial } from '../trial.js'

/** Transport header that most rows request. */
export const interleavedTransport = 'RTP/AVP/TCP;unicast;interleaved=0-1'

/** Connects and returns the first track of the description. */
export async function described(trial: Trial): Promise<{ peer: Peer; track: DescribedTrack }> {
  const peer = await trial.connect()
  const { tracks } = await trial.describe(peer)
  const [track] = tracks
  check(track !== undefined, 'a track', 'none')
  return { peer, track }
}

/** Sends SETUP with this Transport, and accepts any response. */
export const ask = (peer: Peer, track: DescribedTrack, Transport: string) =>
  peer.request('SETUP', track.uri, { headers: { Transport } })

/** True for 4xx. */
export const isClientError = (status: number): boolean => status >= 400 && status < 500
