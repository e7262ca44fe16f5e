import { type ReceptionStatistics, writeRtpHeader } from '../../src/rtp/index.js'

export const ssrc = 0xcafebabe
export const clockRate = 90_000

/** Creates a packet without payload from the counted source. */
export function packetOf(sequenceNumber: number, timestamp = 0): Buffer {
  const packet = Buffer.alloc(12)
  writeRtpHeader(packet, 0, 96, false, sequenceNumber & 0xffff, timestamp, ssrc)
  return packet
}

export function countsOf({
  received,
  expected,
  duplicates,
  restarts,
  packetsLost,
}: ReceptionStatistics) {
  return { received, expected, duplicates, restarts, packetsLost }
}
