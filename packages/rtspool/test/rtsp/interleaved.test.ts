import { describe, expect, it } from 'vitest'
import { frameInterleaved, interleavedBytes, writeInterleaved } from '../../src/rtsp/interleaved.js'

describe('frameInterleaved', () => {
  it('puts a dollar, the channel and the length before each packet', () => {
    const packets = [Buffer.from('ab'), Buffer.alloc(0), Buffer.alloc(65_535, 1)]
    const frames = frameInterleaved(5, packets)
    expect(frames.subarray(0, 6)).toEqual(Buffer.from([0x24, 5, 0, 2, 0x61, 0x62]))
    expect(frames.subarray(6, 10)).toEqual(Buffer.from([0x24, 5, 0, 0]))
    expect(frames.subarray(10, 14)).toEqual(Buffer.from([0x24, 5, 0xff, 0xff]))
    expect(frames.length).toBe(3 * 4 + 2 + 65_535)
  })

  it('frames an empty list as empty bytes', () => {
    expect(frameInterleaved(0, []).length).toBe(0)
  })
})

describe('writeInterleaved', () => {
  it('writes packets from an index on, and no byte in front of them or behind', () => {
    const packets = [Buffer.from('left out'), Buffer.from('ab'), Buffer.from('c')]
    const memory = Buffer.alloc(16, '.')
    expect(interleavedBytes(packets, 1)).toBe(11)
    expect(writeInterleaved(memory, 2, 5, packets, 1)).toBe(13)
    expect(memory).toEqual(Buffer.from('..$\x05\0\x02ab$\x05\0\x01c...', 'latin1'))
  })

  it('writes a packet as an empty one whose memory has been transferred', () => {
    const packet = new Uint8Array(5)
    const packets = [Buffer.from(packet.buffer), Buffer.from('a')]
    structuredClone(packet, { transfer: [packet.buffer] })
    const memory = Buffer.alloc(interleavedBytes(packets))
    writeInterleaved(memory, 0, 0, packets)
    expect(memory).toEqual(Buffer.from('$\0\0\0$\0\0\x01a', 'latin1'))
  })
})
