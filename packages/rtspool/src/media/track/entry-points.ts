import { payloadKinds, timestampDistance } from '../../rtp/index.js'
import { packetRoles } from '../fan-out/packet-roles.js'

const { picture, keyFrame, prefix, recovery, gradual, rest } = payloadKinds
const pictureData = picture | keyFrame | rest
const beginnings = keyFrame | recovery | gradual
const { frameStart, lead, firstLead, entry } = packetRoles

/**
 * Maximum number of leads: NAL units in front of a key frame that a decoder needs for it, such as SPS and PPS. Above it,
 * the earlier units no longer count as leads. Usually a key frame has a handful.
 */
const maxLeads = 64
const maxLeadBytes = 256 * 1024

/**
 * Finds the entry points of one stream: the packets at which a decoder can begin. Units in front of such a picture
 * are its leads, with any timestamp. Some cameras (Reolink) send SPS and PPS with the timestamp of the previous
 * picture.
 *
 * ```text
 *  slice   SPS   PPS  IDR  IDR  slice   SPS   slice   SEI(recovery)   slice
 *         └lead──lead─┴ entry: 2 leads  └lead, of nothing └ entry: no lead
 * ```
 */
export class EntryPoints {
  /** RTP ticks between the last two entry points, such as key frames; 0 before the second one. */
  intervalTicks = 0
  #leads = 0
  #leadBytes = 0
  /** RTP timestamp of the last classified packet; -1 before the first. */
  #timestamp = -1
  #endedFrame = true
  /** RTP timestamp of the last entry point, at which a decoder can begin; -1 before the first. */
  #entryTimestamp = -1
  #wasGradual = false
  #hasOtherPicture = false

  /**
   * Classifies the next packet.
   *
   * @param kind - Bits of {@link payloadKinds}. With `undefined`, for encodings without known key frames, every
   *   packet is an entry point.
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
   * Classifies a packet with another payload type, which belongs to no picture. It may stand among
   * the leads of a key frame (SPS, PPS), but is never an entry point.
   *
   * @returns Bits of {@link packetRoles}.
   */
  pass(sizeBytes: number): number {
    return this.#leadRole(0, sizeBytes, false)
  }

  /** Forgets the packets classified so far, because the next one comes from another source. */
  reset(): void {
    this.#leads = 0
    this.#leadBytes = 0
    this.#timestamp = -1
    this.#endedFrame = true
    this.#entryTimestamp = -1
    this.#wasGradual = false
    this.#hasOtherPicture = false
    this.intervalTicks = 0
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
    this.#noteInterval(timestamp)
    this.#entryTimestamp = timestamp
    this.#wasGradual = isGradual
    this.#hasOtherPicture = (kind & picture) !== 0
    return isGradual ? entry | packetRoles.gradual : entry
  }

  #noteInterval(timestamp: number): void {
    if (this.#entryTimestamp < 0) return
    const ticks = timestampDistance(this.#entryTimestamp, timestamp)
    if (ticks > 0) this.intervalTicks = ticks
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
