import type { MediaDescription, SessionDescription } from 'rtspool'
import type { RtpUnit } from 'rtspool/rtp'

/** Payload of an RTP packet, with the parts of its header that a quirk decides. */
export interface RtpPiece {
  readonly payload: Buffer
  readonly marker: boolean
}

/** Packetizer of a quirk for the tracks of one encoding. */
export interface UnitWriter {
  /** Encoding in upper case, such as `H264`. */
  readonly encoding: string
  /** Returns the packets of one access unit of a track. */
  readonly write: (unit: RtpUnit, track: MediaDescription) => readonly RtpPiece[]
}

/** Behaviour of a camera that shows in its media. */
export interface MediaQuirk {
  /** Changes the description of the source; the packets get the payload types that it names. */
  readonly describe?: (description: SessionDescription) => void
  readonly units?: UnitWriter
  /** Describes the first audio track twice, and sends its packets on both. */
  readonly hasSecondSound?: boolean
  /** Sends RTP packets that need IP fragments, in place of dropping them. */
  readonly isOversized?: boolean
}
