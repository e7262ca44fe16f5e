import type { RtspClientTransport } from '../rtsp-client.js'
import type { ClientTrack } from './client-track.js'
import type { TransportAnswer } from './transport-answer.js'

/** Channels, ports or multicast group on which the packets of one track arrive. */
export interface Carrier {
  /**
   * Returns the value of the Transport header in the SETUP request.
   *
   * @param profile - Profile of the track, such as `RTP/AVP`.
   */
  offerFor(profile: string): string
  /**
   * Connects the track as the server has answered.
   *
   * @throws {ClientError} the answer cannot be used.
   */
  open(track: ClientTrack, answer: TransportAnswer): Promise<void> | void
  /** Releases the UDP ports of the track, if it has any. Idempotent. */
  close(): Promise<void>
}

/** Returns whether packets arrive as datagrams, outside the RTSP connection. */
export const usesDatagrams = (transport: RtspClientTransport): boolean =>
  transport === 'udp' || transport === 'multicast'
