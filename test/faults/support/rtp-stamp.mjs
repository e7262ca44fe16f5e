/** RTP packets that carry the time of their sending, so that a receiver on the same machine can tell their delay. */

const rtpHeaderBytes = 12
const payloadBytes = 1000
const microsecondsOf90kHz = 90_000 / 1e6

/** Microseconds of a clock that all processes of the machine share. */
export const nowUs = () => Number(process.hrtime.bigint() / 1000n)

/** A whole picture of H.264: one slice of an IDR picture, so that every packet is a key frame of its own. */
export function stampedPacket(sequenceNumber, ssrc) {
  const packet = Buffer.alloc(rtpHeaderBytes + payloadBytes)
  const now = nowUs()
  packet[0] = 0x80 // version 2
  packet[1] = 0x80 | 96 // marker, payload type
  packet.writeUInt16BE(sequenceNumber & 0xffff, 2)
  packet.writeUInt32BE(Math.floor(now * microsecondsOf90kHz) % 2 ** 32, 4)
  packet.writeUInt32BE(ssrc, 8)
  packet[rtpHeaderBytes] = 0x65 // NAL unit type 5: IDR slice
  packet.writeDoubleBE(now, rtpHeaderBytes + 1)
  packet.writeUInt32BE(sequenceNumber, rtpHeaderBytes + 9)
  return packet
}

/** Counts what a viewer gets of {@link stampedPacket}s. */
export class StampReader {
  received = 0
  /** Delays in milliseconds, in the order of arrival. */
  delays = []
  first = undefined
  last = undefined

  read(packet) {
    if (packet.length !== rtpHeaderBytes + payloadBytes) return
    const number = packet.readUInt32BE(rtpHeaderBytes + 9)
    this.first ??= number
    this.last = Math.max(this.last ?? number, number)
    this.received++
    this.delays.push((nowUs() - packet.readDoubleBE(rtpHeaderBytes + 1)) / 1000)
  }

  /** Packets that the publisher has sent since this viewer's first one, and that did not arrive. */
  lost(lastSent) {
    return this.first === undefined ? lastSent : lastSent - this.first + 1 - this.received
  }
}

export const percentile = (values, share) => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}
