import { describe, expect, test } from 'vitest'
import { H265Payloader, payloadKinds, sequenceNumberOf } from '../../../src/rtp/index.js'
import { kindOf, payloadOf } from '../../support/payload.js'
import { h265NalUnit } from './units.js'

const options = { payloadType: 96, ssrc: 7, sequenceNumber: 65_530 }

describe('the packets of an access unit', { tags: 'A-PAY-2' }, () => {
  const payloader = new H265Payloader({ ...options, maxPacketBytes: 64 }) // 52 of payload
  const payloads = (units: Buffer[]): string[] =>
    payloader.packetize(units, 0).map((packet) => payloadOf(packet).toString('hex'))

  test('sends a NAL unit that fits unchanged', () => {
    const unit = h265NalUnit(19, 52)
    expect(payloads([unit])).toEqual([unit.toString('hex')])
  })

  test('puts small parameter sets into an AP with the lowest LayerId and TID and the F bit of any', () => {
    const units = ['400a01', '421b02', 'c41103'].map((text) => Buffer.from(text, 'hex'))
    // LayerId 1, 3, 2 and TID 2, 3, 1
    expect(payloads(units)).toEqual(['e009 0003400a01 0003421b02 0003c41103'.replaceAll(' ', '')])
  })

  test('keeps two units apart that are a byte too large together', () => {
    expect(payloads([h265NalUnit(33, 24), h265NalUnit(34, 22)])).toHaveLength(1)
    expect(payloads([h265NalUnit(33, 24), h265NalUnit(34, 23)])).toHaveLength(2)
  })

  test('sends a larger unit in full FU fragments and a rest, with its header in each', () => {
    const unit = h265NalUnit(19, 2 + 49 + 49 + 1, 0x000a)
    const packets = payloader.packetize([unit], 0)
    expect(packets.map((packet) => packet.length)).toEqual([64, 64, 16])
    const headers = packets.map((packet) => payloadOf(packet).toString('hex', 0, 3))
    expect(headers).toEqual(['620a93', '620a13', '620a53'])
    expect(payloads([h265NalUnit(19, 53)])).toHaveLength(2)
  })

  test('parameter sets before a large slice begin a key frame', () => {
    const sets = [h265NalUnit(32, 10), h265NalUnit(33, 10), h265NalUnit(34, 4)]
    const packets = payloader.packetize([...sets, h265NalUnit(20, 100)], 0)
    const { prefix, keyFrame, rest } = payloadKinds
    expect(packets.map((packet) => kindOf('H265', payloadOf(packet)))).toEqual([
      prefix,
      keyFrame,
      rest,
    ])
  })

  test('drops and counts units without a whole header and of types that are packets', () => {
    const before = payloader.droppedNalUnits
    const unit = h265NalUnit(1, 5)
    const others = [
      Buffer.alloc(0),
      Buffer.of(0x40),
      ...[48, 49, 50, 63].map((t) => h265NalUnit(t, 5)),
    ]
    expect(payloads([...others, unit])).toEqual([unit.toString('hex')])
    expect(payloader.droppedNalUnits - before).toBe(6)
    expect(payloads([])).toEqual([])
  })
})

test('the sequence of H.265 wraps at 65535 without a gap', { tags: 'A-RTP-1' }, () => {
  const payloader = new H265Payloader({ ...options, maxPacketBytes: 100 })
  const packets = [0, 1, 2].flatMap((frame) =>
    payloader.packetize([h265NalUnit(1, 300)], frame * 3600),
  )
  expect(packets.length).toBeGreaterThan(6)
  expect(packets.map(sequenceNumberOf)).toEqual(
    packets.map((_, index) => (65_530 + index) % 65_536),
  )
})
