import { isH264KeyFrame } from './h264.js'
import { h265NalTypes, h265TypeOf } from './h265.js'
import { payloadEndOf, payloadOffsetOf } from './packet.js'

/** Tells whether the payload of an RTP packet begins, or belongs in front of, a key frame. */
export type KeyFrameTest = (payload: Uint8Array) => boolean

/** BLA_W_LP to RSV_IRAP_VCL23, intra random access points. */
const h265FirstIrap = 16
const h265LastIrap = 23
const h265PayloadHeaderBytes = 2
const fuStartBit = 0x80
const fuTypeMask = 0x3f

const { vps, sps, aggregationPacket, fragmentationUnit } = h265NalTypes

const isH265KeyType = (type: number): boolean =>
  (type >= h265FirstIrap && type <= h265LastIrap) || type === vps || type === sps

/** Whether a payload of RFC 7798 holds a parameter set or the start of an IRAP picture. */
export function isH265KeyFrame(payload: Uint8Array): boolean {
  if (payload.length <= h265PayloadHeaderBytes) return false
  const type = h265TypeOf(payload)
  if (type === fragmentationUnit) {
    const fuHeader = payload[h265PayloadHeaderBytes] ?? 0
    return (fuHeader & fuStartBit) !== 0 && isH265KeyType(fuHeader & fuTypeMask)
  }
  return type === aggregationPacket ? aggregateHoldsKey(payload) : isH265KeyType(type)
}

function aggregateHoldsKey(payload: Uint8Array): boolean {
  for (let offset = h265PayloadHeaderBytes; offset + 2 < payload.length; ) {
    const unitBytes = ((payload[offset] ?? 0) << 8) | (payload[offset + 1] ?? 0)
    if (unitBytes > 0 && isH265KeyType(h265TypeOf(payload.subarray(offset + 2)))) return true
    offset += 2 + unitBytes
  }
  return false
}

const tests: ReadonlyMap<string, KeyFrameTest> = new Map([
  ['H264', isH264KeyFrame],
  ['H265', isH265KeyFrame],
])

/**
 * The test for an encoding, as `a=rtpmap` names it.
 *
 * @returns `undefined` for encodings whose key frames we cannot tell: every packet is as good a start as another.
 */
export const keyFrameTestOf = (encoding: string): KeyFrameTest | undefined =>
  tests.get(encoding.toUpperCase())

/** Applies a test to an RTP packet that `isValidRtp` has accepted. */
export function packetPasses(test: KeyFrameTest, packet: Buffer): boolean {
  return test(packet.subarray(payloadOffsetOf(packet), payloadEndOf(packet)))
}
