import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  Av1Payloader,
  leb128,
  markerOf,
  payloadKinds,
  payloadTestOf,
  rtpHeaderBytes,
  sequenceNumberOf,
  timestampOf,
  Vp8Payloader,
  Vp9Payloader,
} from '../../../src/rtp/index.js'

const start = { payloadType: 96, ssrc: 7, sequenceNumber: 65_530 }
const sizes = { maxPacketBytes: fc.integer({ min: 64, max: 1500 }) }
const bytes = (maxLength: number) => fc.uint8Array({ minLength: 1, maxLength })

/** Checks what all payload formats of video share: numbers, time, marker and size. */
function expectStream(packets: readonly Buffer[], timestamp: number, maxPacketBytes: number): void {
  expect(packets.length).toBeGreaterThan(0)
  for (const [index, packet] of packets.entries()) {
    expect(sequenceNumberOf(packet)).toBe((start.sequenceNumber + index) & 0xffff)
    expect(timestampOf(packet)).toBe(timestamp)
    expect(markerOf(packet)).toBe(index === packets.length - 1)
    expect(packet.length).toBeLessThanOrEqual(maxPacketBytes)
  }
}

const isKeyFrame = (encoding: string, packet: Buffer): boolean =>
  ((payloadTestOf(encoding)?.(packet, rtpHeaderBytes, packet.length) ?? 0) &
    payloadKinds.keyFrame) !==
  0

describe('frames of any size come back from their packets', () => {
  test('VP8 (RFC 7741)', () => {
    fc.assert(
      fc.property(fc.record({ frame: bytes(5000), ...sizes }), ({ frame, maxPacketBytes }) => {
        const payloader = new Vp8Payloader({ ...start, maxPacketBytes })
        const packets = payloader.packetize(frame, 90_000)
        expectStream(packets, 90_000, maxPacketBytes)
        const headers = packets.map((packet) => packet.subarray(rtpHeaderBytes, rtpHeaderBytes + 4))
        expect(headers.map((header) => header[0])).toEqual(
          packets.map((_, index) => (index === 0 ? 0x90 : 0x80)),
        )
        for (const header of headers)
          expect(header.readUInt16BE(2)).toBe(0x8000 | (65_530 & 0x7fff))
        const joined = Buffer.concat(packets.map((packet) => packet.subarray(rtpHeaderBytes + 4)))
        expect(joined.equals(frame)).toBe(true)
        expect(isKeyFrame('VP8', packets[0] as Buffer)).toBe(((frame[0] ?? 0) & 1) === 0)
      }),
    )
  })

  test('VP9 (RFC 9628)', () => {
    fc.assert(
      fc.property(fc.record({ frame: bytes(5000), ...sizes }), ({ frame, maxPacketBytes }) => {
        frame[0] = (frame[0] ?? 0) & 1 ? 0x82 : 0x86
        const packets = new Vp9Payloader({ ...start, maxPacketBytes }).packetize(frame, 1)
        expectStream(packets, 1, maxPacketBytes)
        const isKey = frame[0] === 0x82
        expect(packets.map((packet) => packet[rtpHeaderBytes])).toEqual(
          packets.map((_, index) => {
            const begin = index === 0 ? 0x08 : 0
            const end = index === packets.length - 1 ? 0x04 : 0
            return 0x80 | (isKey ? 0 : 0x40) | begin | end
          }),
        )
        const joined = Buffer.concat(packets.map((packet) => packet.subarray(rtpHeaderBytes + 3)))
        expect(joined.equals(frame)).toBe(true)
        expect(isKeyFrame('VP9', packets[0] as Buffer)).toBe(isKey)
      }),
    )
  })

  test('AV1 (RTP payload format 1.0)', () => {
    const obu = fc.record({
      type: fc.constantFrom(1, 2, 3, 4, 6, 15),
      hasExtension: fc.boolean(),
      payload: fc.uint8Array({ maxLength: 3000 }),
    })
    fc.assert(
      fc.property(
        fc.record({ obus: fc.array(obu, { minLength: 1, maxLength: 6 }), ...sizes }),
        ({ obus, maxPacketBytes }) => {
          const header = (type: number, hasExtension: boolean, hasSize: boolean) => [
            (type << 3) | (hasExtension ? 4 : 0) | (hasSize ? 2 : 0),
            ...(hasExtension ? [0x48] : []),
          ]
          const unit = Buffer.concat(
            obus.flatMap(({ type, hasExtension, payload }) => [
              Buffer.from(header(type, hasExtension, true)),
              leb128(payload.length),
              payload,
            ]),
          )
          const sent = obus.filter(({ type }) => type !== 2 && type !== 15)
          const packets = new Av1Payloader({ ...start, maxPacketBytes }).packetize(unit, 5)
          if (sent.length === 0) {
            expect(packets).toEqual([])
            return
          }
          expectStream(packets, 5, maxPacketBytes)
          expect(elementsOf(packets).map((element) => element.toString('hex'))).toEqual(
            sent.map(({ type, hasExtension, payload }) =>
              Buffer.from([...header(type, hasExtension, false), ...payload]).toString('hex'),
            ),
          )
          const isNew = sent.some(({ type }) => type === 1)
          expect(packets.map((packet) => isKeyFrame('AV1', packet))).toEqual(
            packets.map((_, index) => isNew && index === 0),
          )
        },
      ),
    )
  })

  test('AV1: a unit whose sizes do not fit is dropped', () => {
    const payloader = new Av1Payloader(start)
    expect(payloader.packetize(Uint8Array.of(0x0a, 0x05, 1), 0)).toEqual([])
    expect(payloader.packetize(Uint8Array.of(0x0a, 0x80), 0)).toEqual([])
    expect(payloader.droppedUnits).toBe(2)
  })
})

/** Reads the OBU elements of packets (RTP payload format for AV1, section 4.3). */
function elementsOf(packets: readonly Buffer[]): Buffer[] {
  const elements: Buffer[] = []
  let open: Buffer | undefined
  for (const packet of packets) {
    const header = packet[rtpHeaderBytes] as number
    const pieces: Buffer[] = []
    const count = (header >> 4) & 3
    let offset = rtpHeaderBytes + 1
    while (offset < packet.length) {
      let size = packet.length - offset
      if (count === 0 || pieces.length < count - 1) {
        size = 0
        for (let shift = 0; ; shift += 7) {
          const byte = packet[offset++] as number
          size |= (byte & 0x7f) << shift
          if (byte < 0x80) break
        }
      }
      pieces.push(packet.subarray(offset, offset + size))
      offset += size
    }
    expect((header & 0x80) !== 0).toBe(open !== undefined)
    if (open) pieces[0] = Buffer.concat([open, pieces[0] as Buffer])
    open = header & 0x40 ? pieces.pop() : undefined
    elements.push(...pieces)
  }
  expect(open).toBeUndefined()
  return elements
}
