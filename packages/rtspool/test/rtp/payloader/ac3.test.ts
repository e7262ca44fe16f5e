import { describe, expect, test } from 'vitest'
import {
  Ac3Payloader,
  ac3SamplesOf,
  parseAc3Header,
  payloadTypeOf,
  sequenceNumberOf,
  timestampOf,
} from '../../../src/rtp/index.js'
import { payloadOf } from '../../support/payload.js'
import { seededBytes } from '../random-bytes.js'
import { depacketizeAc3 } from './depacketizers.js'

const options = { payloadType: 97, ssrc: 7, sequenceNumber: 65_530, maxPacketBytes: 1460 }

/** Headers of frames as ffmpeg 5.1 writes them. */
const headers = [
  {
    name: 'AC-3, 32 kHz, 640 kbit/s',
    hex: '0b7756a5a4402f84',
    rate: 32_000,
    samples: 1536,
    bytes: 3840,
  },
  {
    name: 'AC-3, 44.1 kHz, 96 kbit/s',
    hex: '0b771ef84c402f84',
    rate: 44_100,
    samples: 1536,
    bytes: 416,
  },
  {
    name: 'AC-3, 44.1 kHz, a word longer',
    hex: '0b771ef84d402f84',
    rate: 44_100,
    samples: 1536,
    bytes: 418,
  },
  {
    name: 'AC-3, 48 kHz, 192 kbit/s',
    hex: '0b77000014402f84',
    rate: 48_000,
    samples: 1536,
    bytes: 768,
  },
  { name: 'E-AC-3, 44.1 kHz', hex: '0b7705707287c000', rate: 44_100, samples: 1536, bytes: 2786 },
  { name: 'E-AC-3 of one block', hex: '0b7700ff0487c000', rate: 48_000, samples: 256, bytes: 512 },
  { name: 'E-AC-3, 24 kHz', hex: '0b7700ffc487c000', rate: 24_000, samples: 1536, bytes: 512 },
]

describe('the header of', () => {
  test.each(headers)('$name is read', ({ hex, rate, samples, bytes }) => {
    expect(parseAc3Header(Buffer.from(hex, 'hex'))).toEqual({
      sampleRate: rate,
      samples,
      sizeBytes: bytes,
      isDependent: false,
    })
  })

  test.each([
    '',
    '0b77',
    '0b7800001440',
    '0b770000c0402f84',
    '0b770000ff402f84',
    '0b7700001490ffff',
  ])('no frame (%s) is refused', (hex) => {
    expect(parseAc3Header(Buffer.from(hex, 'hex'))).toBeUndefined()
  })

  test('a unit of two frames adds their samples, without those of dependent streams', () => {
    const frame = Buffer.alloc(512)
    Buffer.from('0b7700ff3487c000', 'hex').copy(frame)
    const dependent = Buffer.from(frame)
    dependent[2] = 0x40
    expect(ac3SamplesOf(Buffer.concat([frame, frame]))).toBe(3072)
    expect(ac3SamplesOf(Buffer.concat([frame, dependent]))).toBe(1536)
    expect(ac3SamplesOf(Buffer.of(1, 2, 3))).toBe(0)
  })
})

describe.each(['ac3', 'eac3'] as const)('frames of %s', (codec) => {
  test.each([1, 100, 1446, 1447, 2500, 3840, 4096])('of %d bytes stay unchanged', (size) => {
    const payloader = new Ac3Payloader({ ...options, codec })
    const frame = seededBytes(size, size)
    const packets = payloader.packetize(frame, 4000)
    expect(depacketizeAc3(packets, codec)).toEqual([frame])
    expect(packets.every((packet) => packet.length <= 1460)).toBe(true)
    expect(new Set(packets.map(timestampOf))).toEqual(new Set([4000]))
    expect(packets.map(sequenceNumberOf)).toEqual(
      packets.map((_, index) => (65_530 + index) & 0xffff),
    )
    expect(packets.map(payloadTypeOf)).toEqual(packets.map(() => 97))
  })

  test('that need more than 255 fragments are dropped', () => {
    const payloader = new Ac3Payloader({ ...options, codec, maxPacketBytes: 64 })
    expect(payloader.packetize(Buffer.alloc(50 * 255 + 1), 0)).toEqual([])
    expect(payloader.droppedFrames).toBe(1)
    expect(payloader.packetize(Buffer.alloc(50 * 255), 0)).toHaveLength(255)
  })
})

test('RFC 4184 section 4.1.1: a first fragment signals whether it has five eighths of the frame', () => {
  const first = (size: number) => {
    const payloader = new Ac3Payloader({ ...options, codec: 'ac3' })
    const [packet] = payloader.packetize(Buffer.alloc(size), 0)
    return packet && payloadOf(packet)[0]
  }
  expect([first(1000), first(2000), first(2313), first(2314), first(3000)]).toEqual([0, 1, 1, 2, 2])
})
