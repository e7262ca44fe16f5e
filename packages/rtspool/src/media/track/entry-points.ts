import { payloadKinds } from '../../rtp/index.js'
import { packetRoles } from '../fan-out/packet-roles.js'

const { picture, keyFrame, prefix, recovery, gradual, rest } = payloadKinds
const pictureData = picture | keyFrame | rest
const beginnings = keyFrame | recovery | gradual
const { frameStart, lead, firstLead, entry } = packetRoles

/**
 * Units accepted in front of a picture: usually a handful. A longer series is a flood and leads
 * nowhere.
 */
const maxLeads = 64
const maxLeadBytes = 256 * 1024

/**
 * Finds the packets of one stream at which a decoder can begin. Units in front of a picture belong
 * to it at any timestamp: some cameras (Reolink) send SPS and PPS with the timestamp of the
 * previous picture.
 *
 * ```text
 *  slice   SPS   PPS  IDR  IDR  slice   SPS   slice   SEI(recovery)   slice
 *         └lead──lead─┴ entry: 2 leads  └lead, of nothing └ entry: no lead
 * ```
 */
export class EntryPoints {
  #leads = 0
  #leadBytes = 0
  /** Timestamp of the last packet. */
  #timestamp = -1
  #endedFrame = true
  /** Timestamp of the last entry point. */
  #entryTimestamp = -1
  #wasGradual = false
  #hasOtherPicture = false

  /**
   * Classifies the next packet.
   *
   * @param kind - Bits of {@link payloadKinds}; `undefined` for encodings without known key frames.
   * @param endsFrame - True if the packet has the marker, or is a whole frame.
   * @returns Bits of {@link packetRoles}.
   */
  next(kind: number | undefined, timestamp: number, endsFrame: boolean, sizeBytes: number): number {
    const begins = this.#endedFrame || timestamp !== this.#timestamp ? frameStart : 0
    this.#timestamp = timestamp
    this.#endedFrame = endsFrame
    if (kind === undefined) return begins | entry | (begins ? firstLead : 0)
    const role = begins | this.#entryRole(kind, timestamp)
    return role | this.#leadRole(kind, sizeBytes, (role & entry) !== 0)
  }

  /**
   * Classifies a packet that belongs to no picture. It keeps its place among leads, but no decoder
   * can begin with it.
   *
   * @returns Bits of {@link packetRoles}.
   */
  pass(sizeBytes: number): number {
    return this.#leadRole(0, sizeBytes, false)
  }

  /** Starts again, for another source. */
  reset(): void {
    this.#leads = 0
    this.#leadBytes = 0
    this.#timestamp = -1
    this.#endedFrame = true
    this.#entryTimestamp = -1
    this.#wasGradual = false
    this.#hasOtherPicture = false
  }

  #entryRole(kind: number, timestamp: number): number {
    if ((kind & beginnings) === 0) {
      if (kind & picture) this.#hasOtherPicture = true
      return 0
    }
    const isGradual = (kind & (keyFrame | recovery)) === 0
    // Further slices of the current picture, or slices behind its recovery point.
    const isSamePicture = timestamp === this.#entryTimestamp && !this.#hasOtherPicture
    if (isSamePicture && (isGradual || !this.#wasGradual)) return 0
    this.#entryTimestamp = timestamp
    this.#wasGradual = isGradual
    this.#hasOtherPicture = (kind & picture) !== 0
    return isGradual ? entry | packetRoles.gradual : entry
  }

  #leadRole(kind: number, sizeBytes: number, isEntry: boolean): number {
    const isFlood = this.#leads >= maxLeads || this.#leadBytes + sizeBytes > maxLeadBytes
    if (isFlood || (kind & picture && !isEntry)) this.#leads = 0
    const isFirst = this.#leads === 0
    const isLead = kind & prefix || ((kind & pictureData) === 0 && !isFirst)
    if (!isLead) {
      this.#leads = 0
      return isEntry && isFirst ? firstLead : 0
    }
    this.#leadBytes = isFirst ? sizeBytes : this.#leadBytes + sizeBytes
    this.#leads++
    return isFirst ? lead | firstLead : lead
  }
}
