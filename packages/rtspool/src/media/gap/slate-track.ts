import { bufferOf } from '../../bytes.js'
import type { TrackOutput } from '../../public/track.js'
import { isValidRtp } from '../../rtp/index.js'
import type { MediaDescription } from '../../sdp/index.js'
import type { Track } from '../track/track.js'

/** Bit of the marker, beside the payload type in the second byte of the RTP header. */
const markerBit = 0x80

/**
 * One track of a slate: a clip shown while the source of a media is away. Passes the clip's packets on to a track of
 * that media, with the payload type of that track.
 */
export class SlateTrack implements TrackOutput {
  readonly index: number
  readonly description: MediaDescription
  readonly clockRate: number
  readonly ssrc = undefined
  readonly octetCount = 0
  readonly position = undefined
  readonly unlistedPackets = 0
  packetCount = 0
  invalidPackets = 0
  /** Track of the media that viewers play; `undefined` if the media has no track of these codecs, or the slate is over. */
  #track: Track | undefined
  readonly #payloadType: number | undefined

  /**
   * Creates the output for one track of a slate (clip).
   *
   * @param track - Track of the media that receives the packets; `undefined` = they are dropped.
   */
  constructor(index: number, description: MediaDescription, track: Track | undefined) {
    const [payloadType = -1] = description.payloadTypes
    this.index = index
    this.description = description
    this.clockRate = track?.clockRate ?? description.rtpmap(payloadType)?.clockRate ?? 90_000
    this.#track = track
    this.#payloadType = track?.description.payloadTypes[0]
  }

  get hasKeyFrames(): boolean {
    return this.#track?.hasKeyFrames ?? false
  }

  get keyFrameIntervalSeconds(): number | undefined {
    return this.#track?.keyFrameIntervalSeconds
  }

  get readerCount(): number {
    return this.#track?.readerCount ?? 0
  }

  /** Ends the slate: all further packets of this track are dropped, and not sent to viewers. */
  end(): void {
    this.#track = undefined
  }

  startAt(): void {
    // Viewers see the numbers of the media go on.
  }

  push(packet: Uint8Array): boolean {
    const bytes = bufferOf(packet)
    if (bytes === undefined || !isValidRtp(bytes)) {
      this.invalidPackets++
      return false
    }
    this.packetCount++
    if (!this.#track) return true
    // A live media sends the same packet to other media, and the track changes its header.
    const copy = Buffer.from(bytes)
    if (this.#payloadType !== undefined) {
      copy[1] = ((copy[1] ?? 0) & markerBit) | this.#payloadType
    }
    this.#track.receiveSlate(copy)
    return true
  }

  mapTime(unixMs: number, rtpTime: number, clockMs?: number): void {
    this.#track?.mapSlateTime(unixMs, rtpTime, clockMs)
  }

  mapReportedTime(unixMs: number, rtpTime: number, clockMs?: number): void {
    this.mapTime(unixMs, rtpTime, clockMs)
  }

  unixTimeMsAt(): undefined {
    return undefined
  }

  rtpTimeAt(): undefined {
    return undefined
  }

  expectNewSource(): void {
    // The numbers of the media go on, whatever the slate does.
  }
}
