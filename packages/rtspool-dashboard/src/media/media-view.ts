/** A track of a media, as far as the page shows it. */
export interface TrackView {
  readonly index: number
  readonly kind: string
  readonly encoding?: string
  readonly clockRate: number
  readonly packetCount: number
  readonly octetCount: number
  /** Bits of payload per second; absent until the server has counted for a while. */
  readonly bitrate?: number
  readonly keyFrameIntervalSeconds?: number
  /** Packets that are no valid RTP: dropped. */
  readonly invalidPackets: number
  /** Packets with a payload type that the session description does not list: sent nevertheless. */
  readonly unlistedPackets: number
  readonly readerCount: number
}

/** A media, as far as the page shows it. */
export interface MediaView {
  readonly publicId: string
  readonly path: string
  readonly state: 'idle' | 'starting' | 'playing' | 'ended'
  /** True if the media plays, but no packet has arrived for some seconds. */
  readonly isDown: boolean
  /** Absent for a live media. */
  readonly durationSeconds?: number
  readonly createdTime: string
  readonly startedTime?: string
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

/** Returns the sessions of a media without its publisher. */
export const viewersOf = ({ sessionCount, publisher }: MediaView): number =>
  Math.max(0, sessionCount - (publisher ? 1 : 0))

/** Returns the bitrate of all tracks; `undefined` while no track has one. */
export function bitrateOf({ tracks }: MediaView): number | undefined {
  const rates = tracks.flatMap(({ bitrate }) => (bitrate === undefined ? [] : [bitrate]))
  return rates.length === 0 ? undefined : rates.reduce((sum, rate) => sum + rate, 0)
}

/** Names the codec of a track with its clock rate: `H264 90 kHz`. */
export const codecText = ({ encoding, kind, clockRate }: TrackView): string =>
  `${encoding ?? kind} ${clockRate / 1000} kHz`

/** Names the codecs of all tracks: `H264, MPEG4-GENERIC`. */
export const codecsText = ({ tracks }: MediaView): string =>
  tracks.map(({ encoding, kind }) => encoding ?? kind).join(', ')

/** Writes the state of a media in one or two words. */
export function stateText({ state, isDown, durationSeconds }: MediaView): string {
  if (isDown) return 'no packets'
  if (state === 'playing') return durationSeconds === undefined ? 'live' : 'playing'
  return { idle: 'idle', starting: 'starting', ended: 'ended' }[state]
}
