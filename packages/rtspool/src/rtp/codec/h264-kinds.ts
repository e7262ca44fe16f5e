import { continuedKind, joinKinds, payloadKinds } from '../payload-kinds.js'
import { h264NalTypes } from './h264.js'
import { recoveryKindOf } from './recovery-point.js'

const { picture, keyFrame, prefix } = payloadKinds
const { idrSlice, sei, stapA, fuA } = h264NalTypes
/** Packet type STAP-B; the types of the interleaved mode follow (RFC 6184 table 1). */
const stapB = 25
const mtap16 = 26
const mtap24 = 27
const fuB = 29
/** Highest NAL unit type of SEI, parameter sets and delimiter, which are 6 to 9 (H.264 table 7-1). */
const lastPrefix = 9
const nalTypeMask = 0x1f
const fuStartBit = 0x80

/**
 * Classifies an RTP payload of H.264 (RFC 6184) by {@link payloadKinds}. Only a slice makes a key
 * frame. Parameter sets do not, because they may be sent even before every picture (H.264 section
 * 7.4.1.2.1).
 */
export function h264Kind(packet: Uint8Array, start: number, end: number): number {
  if (start >= end) return 0
  const type = (packet[start] as number) & nalTypeMask
  switch (type) {
    case stapA:
      return kindOfUnits(packet, start + 1, end, 0)
    // Units follow a decoding order number, and each MTAP unit follows its time offset.
    case stapB:
      return kindOfUnits(packet, start + 3, end, 0)
    case mtap16:
      return kindOfUnits(packet, start + 3, end, 3)
    case mtap24:
      return kindOfUnits(packet, start + 3, end, 4)
    case fuA:
    case fuB:
      return kindOfFragment(packet, start, end, type)
    default:
      return kindOfSingle(packet, start, end, type)
  }
}

/**
 * Classifies a packet of one NAL unit by {@link payloadKinds}. Cheap cameras put further units behind parameter sets,
 * separated by start codes.
 *
 * @param first - NAL unit type of the packet.
 */
function kindOfSingle(packet: Uint8Array, start: number, end: number, first: number): number {
  const kind = kindOfUnit(first, packet, start + 1, end)
  return first < sei || first > lastPrefix ? kind : withFollowing(kind, packet, start + 1, end)
}

/**
 * Joins the kind of a NAL unit with those of further units in the same packet, which follow start codes. Stops at the
 * first picture.
 */
function withFollowing(first: number, packet: Uint8Array, start: number, end: number): number {
  let kind = first
  for (let at = start; at + 3 < end && (kind & (picture | keyFrame)) === 0; at++) {
    if (packet[at] !== 0 || packet[at + 1] !== 0 || packet[at + 2] !== 1) continue
    const type = (packet[at + 3] as number) & nalTypeMask
    kind = joinKinds(kind, kindOfUnit(type, packet, at + 4, end))
  }
  return kind
}

function kindOfFragment(packet: Uint8Array, start: number, end: number, type: number): number {
  if (end - start < 2) return 0
  const header = packet[start + 1] as number
  // An FU-B has its decoding order number before the fragment.
  const from = start + (type === fuB ? 4 : 2)
  const unitType = header & nalTypeMask
  const kind = kindOfUnit(unitType, packet, from, end)
  const own = header & fuStartBit ? kind : continuedKind(kind)
  // The same cameras fragment a parameter set with all that follows it.
  return unitType < sei || unitType > lastPrefix ? own : withFollowing(own, packet, from, end)
}

/**
 * Combines the kinds of the NAL units in an aggregation packet.
 *
 * @param skippedBytes - Bytes between the length of a unit and the unit.
 */
function kindOfUnits(packet: Uint8Array, start: number, end: number, skippedBytes: number): number {
  let kind = 0
  for (let offset = start; offset + 2 < end; ) {
    const unitBytes = ((packet[offset] as number) << 8) | (packet[offset + 1] as number)
    const unit = offset + 2 + skippedBytes
    const next = unit + unitBytes
    if (unitBytes > 0 && unit < end) {
      const type = (packet[unit] as number) & nalTypeMask
      kind = joinKinds(kind, kindOfUnit(type, packet, unit + 1, Math.min(next, end)))
    }
    offset = next
  }
  return kind
}

/**
 * Classifies a NAL unit by H.264 table 7-1 and section 7.4.1.2.3. Types 6 to 9 and 14 to 18 begin
 * an access unit. Type 13 counts the same, because it follows a sequence parameter set.
 *
 * @param start - Offset after the header of the unit.
 */
function kindOfUnit(type: number, packet: Uint8Array, start: number, end: number): number {
  if (type === idrSlice) return keyFrame
  if (type >= 1 && type < idrSlice) return picture
  if (type === sei) return prefix | recoveryKindOf(packet, start, end)
  const isPrefix = (type > sei && type <= lastPrefix) || (type >= 13 && type <= 18)
  return isPrefix ? prefix : 0
}
