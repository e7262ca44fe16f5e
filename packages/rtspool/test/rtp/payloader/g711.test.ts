import { describe, expect, test } from 'vitest'
import { G711Payloader, markerOf, payloadTypeOf, timestampOf } from '../../../src/rtp/index.js'
import { payloadOf } from '../../support/payload.js'
import { seededBytes } from '../random-bytes.js'

const options = { payloadType: 0, ssrc: 7, sequenceNumber: 65_530 }

describe('samples of G.711', { tags: 'A-PAY-5' }, () => {
  test('20 ms at 8 kHz are one packet of the static payload type', () => {
    const payloader = new G711Payloader(options)
    const samples = seededBytes(160, 1)
    const [packet, ...others] = payloader.packetize(samples, 4000)
    if (!packet) throw new Error('expected a packet')
    expect(others).toEqual([])
    expect([payloadTypeOf(packet), timestampOf(packet), markerOf(packet)]).toEqual([0, 4000, false])
    expect(payloadOf(packet)).toEqual(samples)
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
