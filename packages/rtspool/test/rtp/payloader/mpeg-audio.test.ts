import { describe, expect, test } from 'vitest'
import { MpegAudioPayloader, parseMpegAudioHeader, timestampOf } from '../../../src/rtp/index.js'
import { seededBytes } from '../random-bytes.js'
import { depacketizeMpegAudio } from './depacketizers.js'

const options = { payloadType: 14, ssrc: 7, sequenceNumber: 65_530, maxPacketBytes: 1460 }

describe('the header of MPEG audio', () => {
  test.each([
    {
      name: 'MPEG-1 layer 2, 32 kHz',
      hex: 'fffde804',
      layer: 2,
      sampleRate: 32_000,
      samples: 1152,
    },
    {
      name: 'MPEG-1 layer 3, 48 kHz',
      hex: 'fffb9464',
      layer: 3,
      sampleRate: 48_000,
      samples: 1152,
    },
    {
      name: 'MPEG-1 layer 3, 44.1 kHz',
      hex: 'fffb9064',
      layer: 3,
      sampleRate: 44_100,
      samples: 1152,
    },
    { name: 'MPEG-1 layer 1', hex: 'ffff9064', layer: 1, sampleRate: 44_100, samples: 384 },
    {
      name: 'MPEG-2 layer 3, 22.05 kHz',
      hex: 'fff39064',
      layer: 3,
      sampleRate: 22_050,
      samples: 576,
    },
    {
      name: 'MPEG-2 layer 2, 24 kHz',
      hex: 'fff59464',
      layer: 2,
      sampleRate: 24_000,
      samples: 1152,
    },
    {
      name: 'MPEG-2.5 layer 3, 11.025 kHz',
      hex: 'ffe39064',
      layer: 3,
      sampleRate: 11_025,
      samples: 576,
    },
  ])('$name is read', ({ hex, layer, sampleRate, samples }) => {
    expect(parseMpegAudioHeader(Buffer.from(hex, 'hex'))).toEqual({ layer, sampleRate, samples })
  })

  test.each(['', 'fffb', '49443304', 'ffeb9064', 'fff99064', 'fffb9c64'])(
    '%s is no header',
    (hex) => {
      expect(parseMpegAudioHeader(Buffer.from(hex, 'hex'))).toBeUndefined()
    },
  )
})

test.each([1, 417, 1440, 1444, 1445, 1728, 5000])('a frame of %d bytes stays unchanged', (size) => {
  const payloader = new MpegAudioPayloader(options)
  const frames = [seededBytes(size, 1), seededBytes(size, 2)]
  const packets = frames.flatMap((frame, index) => payloader.packetize(frame, index * 2160))
  expect(depacketizeMpegAudio(packets)).toEqual(frames)
  expect(packets.every((packet) => packet.length <= 1460)).toBe(true)
  expect(new Set(packets.map(timestampOf))).toEqual(new Set([0, 2160]))
})
