/** A track that the server sends in fragments. */
export interface PlayableTrack {
  /** Number of the track: the first byte of each binary message with a fragment of it. */
  readonly id: number
  readonly kind: 'video' | 'audio'
  /** Media type with the codec: `video/mp4; codecs="avc1.64001f"`. */
  readonly mime: string
}

/** A track that the server cannot send to browsers. */
export interface UnplayableTrack {
  readonly kind: string
  readonly encoding?: string | undefined
}

/**
 * First message of the server, which names the tracks. The server sends it again when the tracks or
 * their formats have changed.
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
