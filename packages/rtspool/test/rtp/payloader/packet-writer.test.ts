import { describe, expect, it } from 'vitest'
import {
  AacPayloader,
  defaultMaxPacketBytes,
  G711Payloader,
  H264Payloader,
  H265Payloader,
} from '../../../src/rtp/index.js'
import { srtpSuites } from '../../../src/srtp/index.js'

const headers = { 4: 20 + 8, 6: 40 + 8 }
const mkiBytes = 4

describe('packets made by the server', { tags: 'R-1' }, () => {
  it.each(Object.values(srtpSuites))('fit a route of 1400 bytes with $name', ({ rtpTagBytes }) => {
    const sizeBytes = defaultMaxPacketBytes + rtpTagBytes + mkiBytes
    expect(sizeBytes + headers[6]).toBeLessThanOrEqual(1400)
    expect(sizeBytes + headers[4]).toBeLessThanOrEqual(1400)
  })

  const init = { payloadType: 96, ssrc: 1, sequenceNumber: 1 }
  const h264Unit = Buffer.alloc(50_000, 0x65)
  const h265Unit = Buffer.alloc(50_000, 0x26)
  it.each([
    ['H.264', () => new H264Payloader(init).packetize([h264Unit], 1)],
    ['H.265', () => new H265Payloader(init).packetize([h265Unit], 1)],
    ['AAC', () => new AacPayloader(init).packetize([Buffer.alloc(5000, 1)], 1)],
    ['G.711', () => new G711Payloader({ ...init, channels: 1 }).packetize(Buffer.alloc(5000), 1)],
  ] as const)('have at most this size: %s', (_codec, packetize) => {
    const sizes = packetize().map(({ length }) => length)
    expect(sizes.length).toBeGreaterThan(1)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(defaultMaxPacketBytes)
  })
})
