/**
 * Bits of one number that says what an RTP payload is to a decoder that has still to begin. 0 is what changes nothing:
 * filler, the end of a sequence, another layer, an empty payload.
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
  /** The beginning of a picture, or of a slice of one, that needs no earlier one. */
  keyFrame: 2,
  /** It ends with units that belong to the picture after it: parameter sets, SEI, delimiters. */
  prefix: 4,
  /** A recovery point: a decoder that begins with the next picture shows it, and all after it, right. */
  recovery: 8,
  /** A recovery point after which pictures become right bit by bit (intra refresh, GDR). */
  gradual: 16,
  /** Data of a key frame that began in an earlier packet. */
  rest: 32,
} as const)

/**
 * Says what a payload is.
 *
 * @param packet - RTP; the payload is at `start` up to `end`.
 * @returns Bits of {@link payloadKinds}.
 */
export type PayloadTest = (packet: Uint8Array, start: number, end: number) => number

const { picture, keyFrame, prefix, rest } = payloadKinds

/** The kind of a packet that holds several units: what precedes a picture in the same packet belongs to that picture. */
export function joinKinds(before: number, unit: number): number {
  return (unit & (picture | keyFrame) ? before & ~prefix : before) | unit
}

/** The kind of a later fragment of a unit whose first one is of this kind. */
export function continuedKind(first: number): number {
  return first & keyFrame ? rest : first & (picture | prefix)
}
