import { describe, expect, test } from 'vitest'
import {
  compressedFileTrack,
  isCompressedCodec,
} from '../../../../src/media/file/tracks/compressed-file-track.js'
import { payloadTypeOf } from '../../../../src/rtp/index.js'
import { depacketizeAc3, depacketizeMpegAudio } from '../../../rtp/payloader/depacketizers.js'
import { seededBytes } from '../../../rtp/random-bytes.js'
import { linesOf, readTrackOf, unitsOf } from './read-track.js'

/** Creates a frame with this beginning. */
function frameOf(beginning: string, size: number, seed: number): Buffer {
  const frame = seededBytes(size, seed)
  Buffer.from(beginning, 'hex').copy(frame)
  return frame
}

const rows = [
  {
    codec: 'mp3',
    beginning: 'fffb9464',
    size: 384,
    seconds: 0.024,
    rtpmap: 'rtpmap:14 MPA/90000',
    type: 14,
  },
  {
    codec: 'mp3',
    beginning: 'fffde804',
    size: 1728,
    seconds: 0.036,
    rtpmap: 'rtpmap:14 MPA/90000',
    type: 14,
  },
  {
    codec: 'ac3',
    beginning: '0b77000014402f84',
    size: 768,
    seconds: 0.032,
    rtpmap: 'rtpmap:97 ac3/48000/6',
    type: 97,
  },
  {
    codec: 'ac3',
    beginning: '0b7756a5a4402f84',
    size: 3840,
    seconds: 0.048,
    rtpmap: 'rtpmap:97 ac3/32000/6',
    type: 97,
  },
  {
    codec: 'eac3',
    beginning: '0b7701ff3487c000',
    size: 1024,
    seconds: 0.032,
    rtpmap: 'rtpmap:97 eac3/48000/6',
    type: 97,
  },
] as const

describe('a track of compressed sound', () => {
  test.each(rows)(
    '$codec ($beginning) has a description, times by samples, and unchanged frames',
    async (row) => {
      const { codec, beginning, size, seconds, rtpmap, type } = row
      const frames = Array.from({ length: 9 }, (_, index) => frameOf(beginning, size, index))
      // Matroska rounds to milliseconds.
      const units = frames.map((bytes, index) => ({
        bytes,
        seconds: Math.round(index * seconds * 1000) / 1000,
      }))
      const track = compressedFileTrack(readTrackOf(units), codec, { sampleRate: 1, channels: 6 })
      expect(linesOf(track)).toEqual([rtpmap])
      const packetize = track.createPayloader({ ssrc: 1, sequenceNumber: 0 })
      const read = await unitsOf(track)
      for (const [index, unit] of read.entries()) {
        expect(unit.seconds).toBeCloseTo(index * seconds, 9)
        expect(unit.durationSeconds).toBeCloseTo(seconds, 9)
      }
      const packets = read.flatMap((unit) => packetize(unit, 0))
      expect(new Set(packets.map(payloadTypeOf))).toEqual(new Set([type]))
      const received =
        codec === 'mp3' ? depacketizeMpegAudio(packets) : depacketizeAc3(packets, codec)
      expect(received.map((frame) => frame.toString('hex'))).toEqual(
        frames.map((frame) => frame.toString('hex')),
      )
    },
  )

  test.each(['mp3', 'ac3', 'eac3'] as const)(
    '%s whose first unit is no frame is refused',
    (codec) => {
      const track = readTrackOf([{ bytes: Buffer.alloc(100, 1), seconds: 0 }])
      expect(() => compressedFileTrack(track, codec, { sampleRate: 1, channels: 1 })).toThrow(
        RangeError,
      )
    },
  )

  test.each(['dts', 'vorbis', 'flac', 'toString'])('%s is not supported', (codec) => {
    expect(isCompressedCodec(codec)).toBe(false)
  })
})
