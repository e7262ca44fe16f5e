/**
 * Bits that classify an RTP payload for a decoder that has yet to start. 0 means no effect: filler,
 * the end of a sequence, another layer, or an empty payload.
 *
 * ```text
 *  SPS   PPS   SEI   IDR slice (first fragment, rest)   slice   SPS   slice
 *   └─────┴─────┴─ prefix  └─ keyFrame        └─ rest     └─ picture │   └─ picture
 *                                                                    └─ prefix, of no key frame
 * ```
 */
export const payloadKinds = Object.freeze({
  /** Data of a picture that needs earlier ones. */
  picture: 1,
  /** Start of a picture, or of a slice of one, that needs no earlier picture. */
  keyFrame: 2,
  /** Units at the end that belong to the next picture: parameter sets, SEI, delimiters. */
  prefix: 4,
  /**
   * Recovery point: a decoder that starts with the next picture shows this and all later ones
   * correctly.
   */
  recovery: 8,
  /** Recovery point after which pictures gradually become correct (intra refresh, GDR). */
  gradual: 16,
  /** Data of a key frame that began in an earlier packet. */
  rest: 32,
} as const)

/**
 * Classifies a payload.
 *
 * @param packet - RTP; the payload is at `start` up to `end`.
 * @returns Bits of {@link payloadKinds}.
 */
export type PayloadTest = (packet: Uint8Array, start: number, end: number) => number

const { picture, keyFrame, prefix, rest } = payloadKinds

/**
 * Combines the kinds of several units in one packet: units before a picture in the same packet
 * belong to that picture.
 */
export function joinKinds(before: number, unit: number): number {
  return (unit & (picture | keyFrame) ? before & ~prefix : before) | unit
}

/** Returns the kind of a later fragment of a unit whose first fragment has this kind. */
export function continuedKind(first: number): number {
  return first & keyFrame ? rest : first & (picture | prefix)
}
