import { JpegPayloader } from 'rtspool/rtp'
import { hexPairs, standardHuffman } from '../../src/codec/jpeg-tables.js'

const rtpHeaderBytes = 12

/** A JPEG file of 64x48 pixels with tables and a scan that only stand for real ones. */
export function fileWith({ sampling = 0x22, restartInterval = 0 } = {}): Buffer {
  const table = (number: number) =>
    Buffer.concat([hexPairs(`ffdb0043 0${number}`), Buffer.alloc(64, 7 + number)])
  const restart = Buffer.from([0xff, 0xdd, 0, 4, 0, restartInterval])
  return Buffer.concat([
    hexPairs('ffd8'),
    ...[table(0), table(1), ...(restartInterval > 0 ? [restart] : [])],
    hexPairs(`ffc00011 08 0030 0040 03 01${sampling.toString(16)}00 021101 031101`),
    ...standardHuffman.map((each) => {
      const head = Buffer.from([0xff, 0xc4, 0, 0])
      head.writeUInt16BE(2 + each.length, 2)
      return Buffer.concat([head, each])
    }),
    hexPairs('ffda000c03 0100 0211 0311 003f00'),
    Buffer.from(Array.from({ length: 3000 }, (_, n) => (n * 7) % 251)),
    hexPairs('ffd9'),
  ])
}

/** Returns the RTP packets of a JPEG file. */
export function packetsOf(file: Buffer, timestamp = 0): Buffer[] {
  const payloader = new JpegPayloader({ payloadType: 96, ssrc: 1, sequenceNumber: 0 })
  return payloader.packetize(file, timestamp)
}

/** Returns the payloads of the RTP packets of a JPEG file. */
export const payloadsOf = (file: Buffer): Buffer[] =>
  packetsOf(file).map((packet) => packet.subarray(rtpHeaderBytes))
