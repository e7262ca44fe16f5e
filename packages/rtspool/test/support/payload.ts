import { payloadEndOf, payloadOffsetOf } from '../../src/rtp/index.js'

/** The payload of an RTP packet without padding: a view of it. */
export const payloadOf = (packet: Buffer): Buffer =>
  packet.subarray(payloadOffsetOf(packet), payloadEndOf(packet))
