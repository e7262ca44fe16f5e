import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  isValidRtp,
  markerOf,
  OpusPayloader,
  sequenceNumberOf,
  splitOpusPacket,
  timestampOf,
} from '../../../src/rtp/index.js'
import { payloadOf } from '../../support/payload.js'
import { seededBytes } from '../random-bytes.js'

const options = { payloadType: 97, ssrc: 7, sequenceNumber: 65_535 }

describe('Opus packets', { tags: 'A-PAY-4' }, () => {
  test('are sent one by one, without a marker', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 1448 }), { minLength: 1, maxLength: 5 }),
        (opusPackets) => {
          const payloader = new OpusPayloader(options)
          const packets = opusPackets.flatMap((packet, index) =>
            payloader.packetize(packet, index * 960),
          )
          expect(packets.map((packet) => Uint8Array.from(payloadOf(packet)))).toEqual(opusPackets)
          expect(packets.every((packet) => isValidRtp(packet) && !markerOf(packet))).toBe(true)
          expect(packets.map(timestampOf)).toEqual(packets.map((_, index) => index * 960))
          expect(packets.map(sequenceNumberOf)).toEqual(
            packets.map((_, index) => (65_535 + index) % 65_536),
          )
        },
      ),
    )
  })

  test('are sent frame by frame if they are too large', () => {
    const payloader = new OpusPayloader(options)
    const frames = [seededBytes(1000, 1), seededBytes(1000, 2), seededBytes(1000, 3)]
    // Configuration 30, 10 ms in stereo; code 3, three frames of one size.
    const packets = payloader.packetize(Buffer.concat([Buffer.of(0xf7, 3), ...frames]), 100)
    expect(packets.map(timestampOf)).toEqual([100, 580, 1060])
    for (const [index, packet] of packets.entries()) {
      const split = splitOpusPacket(payloadOf(packet))
      expect(split).toMatchObject({ toc: 0xf4, frameSamples: 480 })
      expect(split?.frames.map((frame) => Buffer.from(frame))).toEqual([frames[index]])
    }
  })

  test('are dropped and counted if they are empty, or have a frame that is too large', () => {
    const payloader = new OpusPayloader(options)
    expect(payloader.packetize(Buffer.alloc(0), 0)).toEqual([])
    expect(payloader.packetize(Buffer.alloc(2000, 0xf8), 0)).toEqual([])
    expect(payloader.droppedPackets).toBe(2)
    expect(payloader.sequenceNumber).toBe(65_535)
  })
})
