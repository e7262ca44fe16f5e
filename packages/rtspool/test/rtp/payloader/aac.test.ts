import { describe, expect, test } from 'vitest'
import { AacPayloader, markerOf, timestampOf } from '../../../src/rtp/index.js'
import { payloadOf } from '../../support/payload.js'
import { depacketizeAac } from './depacketizers.js'
import { aacUnit } from './units.js'

const options = { payloadType: 97, ssrc: 7, sequenceNumber: 65530 }

describe('the packets of access units', { tags: 'A-PAY-3' }, () => {
  test('one unit: AU-headers-length, its size, itself', () => {
    const payloader = new AacPayloader(options)
    const packets = payloader.packetize([Buffer.from('aabbcc', 'hex')], 5)
    expect(packets.map((packet) => payloadOf(packet).toString('hex'))).toEqual(['00100018aabbcc'])
    expect(packets.map(markerOf)).toEqual([true])
    expect(packets.map(timestampOf)).toEqual([5])
  })

  test('several units share a packet if allowed', () => {
    const payloader = new AacPayloader({ ...options, maxAccessUnitsPerPacket: 2 })
    const units = ['aa', 'bbbb', 'cc'].map((text) => Buffer.from(text, 'hex'))
    const packets = payloader.packetize(units, 100)
    expect(packets.map((packet) => payloadOf(packet).toString('hex'))).toEqual([
      '0020 0008 0010 aabbbb'.replaceAll(' ', ''),
      '0010 0008 cc'.replaceAll(' ', ''),
    ])
    expect(packets.map(timestampOf)).toEqual([100, 100 + 2048])
  })

  test('a unit larger than a packet is split, with its whole size in each header', () => {
    const payloader = new AacPayloader({ ...options, maxPacketBytes: 64 }) // 48 beside the headers
    expect(payloader.packetize([aacUnit(48)], 0)).toHaveLength(1)
    const packets = payloader.packetize([aacUnit(100)], 0)
    expect(packets.map((packet) => payloadOf(packet).toString('hex', 0, 4))).toEqual(
      Array(3).fill('00100320'),
    )
    expect(packets.map(markerOf)).toEqual([false, false, true])
    expect(packets.map((packet) => packet.length)).toEqual([64, 64, 20])
  })

  test('empty units and those of more than 8191 bytes are dropped and counted', () => {
    const payloader = new AacPayloader({ ...options, maxAccessUnitsPerPacket: 4 })
    const units = [aacUnit(1), Buffer.alloc(0), aacUnit(2), aacUnit(8192), aacUnit(8191)]
    const packets = payloader.packetize(units, 0)
    expect(depacketizeAac(packets)).toEqual([aacUnit(1), aacUnit(2), aacUnit(8191)])
    expect([...new Set(packets.map(timestampOf))]).toEqual([0, 2048, 4096])
    expect(payloader.droppedAccessUnits).toBe(2)
    expect(payloader.packetize([], 0)).toEqual([])
  })

  test.each([0, -1, 1.5, Number.NaN])('%d units in a packet are refused', (maximum) => {
    expect(() => new AacPayloader({ ...options, maxAccessUnitsPerPacket: maximum })).toThrow(
      RangeError,
    )
  })
})
