import type { MediaDescription, SessionDescription } from 'rtspool'
import type { RtpUnit } from 'rtspool/rtp'

/** Payload of an RTP packet, with the parts of its header that a quirk decides. */
export interface RtpPiece {
  readonly payload: Buffer
  readonly marker: boolean
}

/** Packetizer of a quirk for the tracks of one encoding. */
export interface UnitWriter {
  /** Encoding of the tracks in upper case, such as `H264`. */
  readonly encoding: string
  /** Returns the RTP packets of one access unit, in place of those of the source. */
  readonly write: (unit: RtpUnit, track: MediaDescription) => readonly RtpPiece[]
}

/** Part of a quirk that shows in the media of a camera: in track descriptions or RTP packets. */
export interface MediaQuirk {
  /** Changes the session description of the source. RTP packets get the payload types of the changed description. */
  readonly describe?: (description: SessionDescription) => void
  readonly units?: UnitWriter
  /** True to describe the first audio track twice, and to send its packets on both tracks. */
  readonly hasSecondSound?: boolean
  /** True to send RTP packets so large that they need IP fragments, in place of dropping them. */
  readonly isOversized?: boolean
}
