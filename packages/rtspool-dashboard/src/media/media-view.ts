/** Members of a media's track, as the API returns it, that the page shows. */
export interface TrackView {
  readonly index: number
  readonly kind: string
  readonly encoding?: string
  readonly clockRate: number
  readonly packetCount: number
  readonly octetCount: number
  /** Payload of the track in bits per second; absent before the server has measured it. */
  readonly bitrate?: number
  readonly keyFrameIntervalSeconds?: number
  /** Number of packets dropped because they were no valid RTP. */
  readonly invalidPackets: number
  /** Number of packets whose RTP payload type the session description does not list. Viewers get them nevertheless. */
  readonly unlistedPackets: number
  readonly readerCount: number
}

/** Members of a media (presentation), as the API returns it, that the page shows. */
export interface MediaView {
  readonly publicId: string
  readonly path: string
  readonly state: 'idle' | 'starting' | 'playing' | 'ended'
  /** True if the media plays, but no packet has arrived for some seconds. */
  readonly isDown: boolean
  /** Length of a stored media in seconds; absent for a live one. */
  readonly durationSeconds?: number
  readonly createdTime: string
  readonly startedTime?: string
  /**
   * Time in ISO 8601 at which the source of the media went away; absent while the source sends. Viewers wait meanwhile.
   */
  readonly awaySince?: string
  readonly sessionCount: number
  readonly publisher?: {
    readonly session: string
    readonly address?: string
    readonly user?: string
    readonly userAgent?: string
    readonly since: string
  }
  readonly tracks: readonly TrackView[]
}

/** Returns the number of sessions that use a media, without that of its publisher. */
export const viewersOf = ({ sessionCount, publisher }: MediaView): number =>
  Math.max(0, sessionCount - (publisher ? 1 : 0))

/**
 * Returns the sum of the bitrates of all tracks, in bits per second; `undefined` while none is
 * known.
 */
export function bitrateOf({ tracks }: MediaView): number | undefined {
  const rates = tracks.flatMap(({ bitrate }) => (bitrate === undefined ? [] : [bitrate]))
  return rates.length === 0 ? undefined : rates.reduce((sum, rate) => sum + rate, 0)
}

/** Returns whether the server can make a picture of a media now: the media is live, plays, and has video. */
export const hasPicture = ({ state, durationSeconds, tracks }: MediaView): boolean =>
  state === 'playing' &&
  durationSeconds === undefined &&
  tracks.some(({ kind }) => kind === 'video')

/** Formats the codec of a track with its clock rate: `H264 90 kHz`. */
export const codecText = ({ encoding, kind, clockRate }: TrackView): string =>
  `${encoding ?? kind} ${clockRate / 1000} kHz`

/** Formats the codecs of a media's tracks, separated by commas: `H264, MPEG4-GENERIC`. */
export const codecsText = ({ tracks }: MediaView): string =>
  tracks.map(({ encoding, kind }) => encoding ?? kind).join(', ')

/** Returns the state of a media for the user in one or two words, such as `live` or `no packets`. */
export function stateText({ state, isDown, awaySince, durationSeconds }: MediaView): string {
  if (awaySince !== undefined) return 'source away'
  if (isDown) return 'no packets'
  if (state === 'playing') return durationSeconds === undefined ? 'live' : 'playing'
  return { idle: 'idle', starting: 'starting', ended: 'ended' }[state]
}
