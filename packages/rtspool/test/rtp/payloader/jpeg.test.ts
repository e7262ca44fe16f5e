import { describe, expect, test } from 'vitest'
import {
  JpegPayloader,
  JpegSplitter,
  markerOf,
  parseJpeg,
  rtpHeaderBytes,
} from '../../../src/rtp/index.js'

const segment = (marker: number, body: Uint8Array): Buffer => {
  const head = Buffer.from([0xff, marker, 0, 0])
  head.writeUInt16BE(body.length + 2, 2)
  return Buffer.concat([head, body])
}
const table = (id: number, value: number) =>
  Buffer.concat([Buffer.from([id]), Buffer.alloc(64, value)])

/** Returns a made-up baseline picture. */
function jpeg({
  ...options
}: {
  sampling?: number
  restart?: number
  width?: number
  frame?: number
  scanBytes?: number
} = {}): Buffer {
  const { sampling = 0x22, restart = 0, width = 160, frame = 0xc0, scanBytes = 3000 } = options
  const size = Buffer.from([8, 0, 96, width >> 8, width & 0xff, 3])
  const components = Buffer.from([1, sampling, 0, 2, 0x11, 1, 3, 0x11, 1])
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xe0, Buffer.from('JFIF')),
    segment(0xdb, Buffer.concat([table(0, 16), table(1, 17)])),
    segment(frame, Buffer.concat([size, components])),
    ...(restart > 0 ? [segment(0xdd, Buffer.from([restart >> 8, restart & 0xff]))] : []),
    segment(0xda, Buffer.from([3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0])),
    Buffer.from(Array.from({ length: scanBytes }, (_, at) => at % 200)),
    Buffer.from([0xff, 0xd9]),
  ])
}

describe('JPEG pictures (RFC 2435)', () => {
  test.each([
    { name: '4:2:0', options: {}, type: 1 },
    { name: '4:2:2', options: { sampling: 0x21 }, type: 0 },
    { name: '4:2:0 with restart markers', options: { restart: 20 }, type: 65 },
  ])('$name: the scan comes back from its pieces', ({ options, type }) => {
    const payloader = new JpegPayloader({
      ...{ payloadType: 26, ssrc: 1, sequenceNumber: 2, maxPacketBytes: 500 },
    })
    const packets = payloader.packetize(jpeg(options), 3)
    const scan: Buffer[] = []
    for (const [index, packet] of packets.entries()) {
      expect(packet.length).toBeLessThanOrEqual(500)
      expect(markerOf(packet)).toBe(index === packets.length - 1)
      const payload = packet.subarray(rtpHeaderBytes)
      expect(payload.readUIntBE(1, 3)).toBe(Buffer.concat(scan).length)
      expect([...payload.subarray(4, 8)]).toEqual([type, 255, 20, 12])
      let offset = 8
      if (type >= 64) {
        expect(payload.readUInt32BE(offset)).toBe(0x0014_ffff)
        offset += 4
      }
      if (index === 0) {
        expect(payload.readUInt32BE(offset)).toBe(128)
        expect(payload[offset + 4]).toBe(16)
        expect(payload[offset + 68]).toBe(17)
        offset += 4 + 128
      }
      scan.push(payload.subarray(offset))
    }
    expect(Buffer.concat(scan)).toEqual(
      Buffer.from(Array.from({ length: 3000 }, (_, at) => at % 200)),
    )
  })

  test.each([
    { why: 'no JPEG picture', picture: Buffer.from('GIF89a') },
    { why: 'not baseline', picture: jpeg({ frame: 0xc2 }) },
    { why: 'neither 4:2:0 nor 4:2:2', picture: jpeg({ sampling: 0x11 }) },
    { why: 'a segment is cut off', picture: jpeg().subarray(0, 60) },
    { why: 'the scan is missing', picture: jpeg().subarray(0, 2 + 8 + 134 + 19) },
    {
      why: 'Huffman tables of its own',
      picture: Buffer.concat([
        jpeg().subarray(0, 2),
        segment(0xc4, Buffer.concat([Buffer.from([0]), Buffer.alloc(15), Buffer.from([1, 5])])),
        jpeg().subarray(2),
      ]),
    },
  ])('what RTP cannot carry is told: $why', ({ why, picture }) => {
    expect(parseJpeg(picture)).toBe(why)
    const payloader = new JpegPayloader({ payloadType: 26, ssrc: 1, sequenceNumber: 2 })
    expect(payloader.packetize(picture, 0)).toEqual([])
    expect(payloader.droppedPictures).toBe(1)
  })

  test('pictures that are too wide are dropped', () => {
    const payloader = new JpegPayloader({ payloadType: 26, ssrc: 1, sequenceNumber: 2 })
    expect(payloader.packetize(jpeg({ width: 2048 }), 0)).toEqual([])
    expect(payloader.packetize(jpeg({ width: 2040 }), 0).length).toBeGreaterThan(0)
  })

  test('a byte stream is split into pictures', () => {
    const pictures = [jpeg({ scanBytes: 10 }), jpeg({ scanBytes: 500 }), jpeg({ scanBytes: 1 })]
    const stream = Buffer.concat(pictures)
    for (const chunkBytes of [1, 3, 64, stream.length]) {
      const splitter = new JpegSplitter()
      const read: Buffer[] = []
      for (let from = 0; from < stream.length; from += chunkBytes) {
        read.push(...splitter.push(stream.subarray(from, from + chunkBytes)))
      }
      expect(read.map((each) => each.toString('hex'))).toEqual(
        pictures.map((each) => each.toString('hex')),
      )
    }
  })
})
