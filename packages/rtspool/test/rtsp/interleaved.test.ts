import { describe, expect, it } from 'vitest'
import { frameInterleaved } from '../../src/rtsp/interleaved.js'

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
