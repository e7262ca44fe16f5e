import { continuedKind, joinKinds, payloadKinds } from '../payload-kinds.js'
import { h265NalTypes } from './h265.js'
import { recoveryKindOf } from './recovery-point.js'

const { picture, keyFrame, prefix } = payloadKinds
const { vps, accessUnitDelimiter, prefixSei, aggregationPacket, fragmentationUnit } = h265NalTypes
/** Packet type PACI: a payload with extra header information before it (RFC 7798 section 4.4.4). */
const paci = 50
const headerBytes = 2
const fuStartBit = 0x80
const fuTypeMask = 0x3f
/**
 * Lowest NAL unit type of an intra random access point (IRAP) picture: BLA_W_LP. The highest type
 * is RSV_IRAP_VCL23.
 */
const firstIrap = 16
const lastIrap = 23
const lastVcl = 31

/**
 * Classifies an RTP payload of H.265 (RFC 7798) by {@link payloadKinds}. A slice of an IRAP picture
 * begins a key frame. Parameter sets and SEI belong to the following picture.
 */
export function h265Kind(packet: Uint8Array, start: number, end: number): number {
  if (end - start <= headerBytes) return 0
  const type = typeAt(packet, start)
  if (type !== paci) return kindOfPayload(type, packet, start, start + headerBytes, end)
  // A(1) cType(6) PHSsize(5) F0..2 Y, then PHSsize bytes, then the payload without its header.
  const information = ((packet[start + 2] as number) << 8) | (packet[start + 3] ?? 0)
  const content = start + headerBytes + 2 + ((information >> 4) & 0x1f)
  return kindOfPayload((information >> 9) & 0x3f, packet, start, content, end)
}

/**
 * Returns the {@link payloadKinds} of a payload; the caller has unwrapped a PACI packet.
 *
 * @param header - Offset of the two bytes of payload header, which contain the layer (`nuh_layer_id`).
 * @param content - Offset of the first byte after the header.
 */
function kindOfPayload(
  type: number,
  packet: Uint8Array,
  header: number,
  content: number,
  end: number,
): number {
  if (content >= end) return 0
  if (type === aggregationPacket) return kindOfUnits(packet, content, end)
  const isBase = isBaseLayer(packet, header)
  if (type !== fragmentationUnit) return kindOfUnit(type, isBase, packet, content, end)
  const fuHeader = packet[content] as number
  const kind = kindOfUnit(fuHeader & fuTypeMask, isBase, packet, content + 1, end)
  return fuHeader & fuStartBit ? kind : continuedKind(kind)
}

function kindOfUnits(packet: Uint8Array, start: number, end: number): number {
  let kind = 0
  for (let offset = start; offset + 2 < end; ) {
    const unitBytes = ((packet[offset] as number) << 8) | (packet[offset + 1] as number)
    const unit = offset + 2
    const next = unit + unitBytes
    if (unitBytes > 0) {
      const type = typeAt(packet, unit)
      const last = Math.min(next, end)
      const isBase = isBaseLayer(packet, unit)
      kind = joinKinds(kind, kindOfUnit(type, isBase, packet, unit + headerBytes, last))
    }
    offset = next
  }
  return kind
}

/**
 * Classifies a NAL unit by H.265 table 7-1 and section 7.4.2.4.4, which list the units that begin
 * an access unit.
 */
function kindOfUnit(
  type: number,
  isBase: boolean,
  packet: Uint8Array,
  start: number,
  end: number,
): number {
  if (type <= lastVcl) {
    if (!isBase) return 0
    return type >= firstIrap && type <= lastIrap ? keyFrame : picture
  }
  if (type === prefixSei) return prefix | recoveryKindOf(packet, start, end)
  const isPrefix = (type >= vps && type <= accessUnitDelimiter) || (type >= 41 && type <= 44)
  return isPrefix ? prefix : 0
}

const typeAt = (packet: Uint8Array, offset: number): number =>
  ((packet[offset] as number) >> 1) & 0x3f

/** Returns whether a NAL unit belongs to the base layer: `nuh_layer_id` in its header is 0. */
const isBaseLayer = (packet: Uint8Array, header: number): boolean =>
  ((packet[header] as number) & 1) === 0 && (packet[header + 1] ?? 0) >> 3 === 0
