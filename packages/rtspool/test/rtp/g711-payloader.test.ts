import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  G711Payloader,
  isValidRtp,
  markerOf,
  payloadTypeOf,
  sequenceNumberOf,
  timestampOf,
} from '../../src/rtp/index.js'
import { payloadOf } from '../support/payload.js'
import { seededBytes } from './random-bytes.js'

const options = { payloadType: 0, ssrc: 7, sequenceNumber: 65_530 }

describe('A-PAY-5: samples of G.711', () => {
  test('20 ms at 8 kHz are one packet of the static payload type', () => {
    const payloader = new G711Payloader(options)
    const samples = seededBytes(160, 1)
    const [packet, ...others] = payloader.packetize(samples, 4000)
    if (!packet) throw new Error('expected a packet')
    expect(others).toEqual([])
    expect([payloadTypeOf(packet), timestampOf(packet), markerOf(packet)]).toEqual([0, 4000, false])
    expect(payloadOf(packet)).toEqual(samples)
  })

  test('of all sizes and channels come out byte for byte, timed by sampling instants', () => {
    fc.assert(
      fc.property(
        fc.nat(8000),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 64, max: 1460 }),
        (instants, channels, maxPacketBytes) => {
          const payloader = new G711Payloader({ ...options, channels, maxPacketBytes })
          const samples = seededBytes(instants * channels, instants)
          const packets = payloader.packetize(samples, 2 ** 32 - 100)
          let sent = 0
          for (const [index, packet] of packets.entries()) {
            const isSound =
              isValidRtp(packet) &&
              packet.length <= maxPacketBytes &&
              payloadOf(packet).length % channels === 0 &&
              sequenceNumberOf(packet) === (65_530 + index) % 65_536 &&
              timestampOf(packet) === (2 ** 32 - 100 + sent / channels) % 2 ** 32
            if (!isSound) expect.fail(`packet ${index}: ${packet.toString('hex', 0, 16)}`)
            sent += payloadOf(packet).length
          }
          expect(Buffer.concat(packets.map(payloadOf)).equals(samples)).toBe(true)
        },
      ),
    )
  })

  test('of an incomplete instant are dropped', () => {
    const payloader = new G711Payloader({ ...options, channels: 2 })
    expect(payloader.packetize(Buffer.from('010203', 'hex'), 0).map(payloadOf)).toEqual([
      Buffer.from('0102', 'hex'),
    ])
    expect(payloader.packetize(Buffer.of(1), 0)).toEqual([])
  })

  test.each([0, 1.5, -1, 2000])('of %d channels are refused', (channels) => {
    expect(() => new G711Payloader({ ...options, channels })).toThrow(RangeError)
  })
})
