/**
 * Bits that describe the content of an RTP payload to find packets at which a decoder can start. 0
 * means no effect: filler, the end of a sequence, another layer, or an empty payload.
 *
 * ```text
 *  SPS   PPS   SEI   IDR slice (first fragment, later ones)   slice   SPS   slice
 *   └─────┴─────┴─ prefix  └─ keyFrame        └─ rest           └─ picture │   └─ picture
 *                                                                          └─ prefix, of no key frame
 * ```
 */
export const payloadKinds = Object.freeze({
  /** Bit: the payload contains data of a picture that needs earlier pictures. */
  picture: 1,
  /**
   * Bit: the payload contains the start of a picture, or of a slice of one, that needs no earlier
   * picture.
   */
  keyFrame: 2,
  /**
   * Bit: the payload ends with units that belong to the next picture, such as parameter sets, SEI
   * and delimiters.
   */
  prefix: 4,
  /**
   * Bit: the payload contains a recovery point. A decoder that starts with the next picture shows
   * this picture and all later ones correctly.
   */
  recovery: 8,
  /**
   * Bit: the payload contains a recovery point after which pictures gradually become correct (intra
   * refresh, GDR).
   */
  gradual: 16,
  /** Bit: the payload continues a key frame that began in an earlier packet. */
  rest: 32,
} as const)

/**
 * Function that classifies a payload.
 *
 * @param packet - RTP packet, with the payload from `start` up to `end`.
 * @returns Bits of {@link payloadKinds}.
 */
export type PayloadTest = (packet: Uint8Array, start: number, end: number) => number

const { picture, keyFrame, prefix, rest } = payloadKinds

/**
 * Combines the bits of {@link payloadKinds} of two units in one packet. Units before a picture in
 * the same packet count as part of that picture.
 *
 * @param before - Kinds of the earlier units, combined.
 */
export function joinKinds(before: number, unit: number): number {
  return (unit & (picture | keyFrame) ? before & ~prefix : before) | unit
}

/**
 * Returns the kind of a later fragment of a NAL unit or frame that is split over several packets.
 *
 * @param first - Kind of the unit's first fragment.
 * @returns Bits of {@link payloadKinds}.
 */
export function continuedKind(first: number): number {
  return first & keyFrame ? rest : first & (picture | prefix)
}
