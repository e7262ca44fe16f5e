import { payloadEndOf, payloadOffsetOf, payloadTestOf } from '../../src/rtp/index.js'

/** Returns the payload of an RTP packet without padding: a view of it. */
export const payloadOf = (packet: Buffer): Buffer =>
  packet.subarray(payloadOffsetOf(packet), payloadEndOf(packet))

/** Returns the bits of `payloadKinds` for a payload. */
export function kindOf(encoding: string, payload: Uint8Array): number {
  const test = payloadTestOf(encoding)
  if (!test) throw new Error(`the key frames of ${encoding} are not known`)
  return test(payload, 0, payload.length)
}
