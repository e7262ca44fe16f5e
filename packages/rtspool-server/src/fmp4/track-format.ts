/** Coding of one track, as its MP4 init segment describes it. */
export interface TrackFormat {
  readonly kind: 'video' | 'audio'
  /** Codec as in the parameter `codecs` of a media type (RFC 6381): `avc1.64001f`, `opus`. */
  readonly codec: string
  /** Sample entry for the box `stsd` of the init segment. */
  readonly entry: Buffer
  /** Ticks per second of all times of the track. */
  readonly timescale: number
  /** Size of the picture in pixels; 0 for audio. */
  readonly width: number
  readonly height: number
  /**
   * Number of pictures that a decoder holds back to reorder them, as far as the format states it; 0
   * for audio.
   */
  readonly reorderDepth: number
}

/**
 * Returns the media type of a track, by which a browser tells whether it can play the track:
 * `video/mp4; codecs="…"`.
 */
export const mimeOf = ({ kind, codec }: TrackFormat): string => `${kind}/mp4; codecs="${codec}"`
