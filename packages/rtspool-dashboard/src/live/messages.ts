/** A track of a live stream that the server sends as MP4 fragments. */
export interface PlayableTrack {
  /** Number of the track: the first byte of each binary message with a fragment of it. */
  readonly id: number
  readonly kind: 'video' | 'audio'
  /** Media type with the codec: `video/mp4; codecs="avc1.64001f"`. */
  readonly mime: string
}

/** A track of a live stream that the server cannot send to browsers, because of its codec. */
export interface UnplayableTrack {
  readonly kind: string
  readonly encoding?: string | undefined
}

/**
 * First message of the server on a WebSocket, which lists the tracks of the live stream. The server sends the message
 * again when the tracks or their formats have changed.
 */
export interface TracksMessage {
  readonly type: 'tracks'
  readonly tracks: readonly PlayableTrack[]
  readonly unplayable: readonly UnplayableTrack[]
}

/**
 * Parses a text message of the server.
 *
 * @returns `undefined` for a message of a kind that this version does not know.
 */
export function parseMessage(text: string): TracksMessage | undefined {
  const message: unknown = JSON.parse(text)
  return isTracksMessage(message) ? message : undefined
}

const isTracksMessage = (message: unknown): message is TracksMessage =>
  typeof message === 'object' && message !== null && 'type' in message && message.type === 'tracks'
