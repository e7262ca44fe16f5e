import { describe, expect, test } from 'vitest'
import { isPcmCodec, pcmFileTrack } from '../../../../src/media/file/tracks/sample-file-track.js'
import { payloadTypeOf } from '../../../../src/rtp/index.js'
import { seededBytes } from '../../../rtp/random-bytes.js'
import { payloadOf } from '../../../support/payload.js'
import { linesOf, readTrackOf, unitsOf } from './read-track.js'

describe('a track of linear PCM', () => {
  test.each([
    { codec: 'pcm-s16', rate: 48_000, channels: 2, type: 97, rtpmap: 'rtpmap:97 L16/48000/2' },
    { codec: 'pcm-s16be', rate: 8000, channels: 1, type: 97, rtpmap: 'rtpmap:97 L16/8000' },
    { codec: 'pcm-s16', rate: 44_100, channels: 2, type: 10, rtpmap: 'rtpmap:10 L16/44100/2' },
    { codec: 'pcm-s16be', rate: 44_100, channels: 1, type: 11, rtpmap: 'rtpmap:11 L16/44100' },
    { codec: 'pcm-s16', rate: 44_100, channels: 6, type: 97, rtpmap: 'rtpmap:97 L16/44100/6' },
    { codec: 'pcm-s24', rate: 44_100, channels: 2, type: 97, rtpmap: 'rtpmap:97 L24/44100/2' },
    { codec: 'pcm-s24be', rate: 96_000, channels: 2, type: 97, rtpmap: 'rtpmap:97 L24/96000/2' },
    { codec: 'pcm-u8', rate: 11_025, channels: 1, type: 97, rtpmap: 'rtpmap:97 L8/11025' },
    { codec: 'pcm-s8', rate: 22_050, channels: 2, type: 97, rtpmap: 'rtpmap:97 L8/22050/2' },
  ] as const)('$codec is described by $rtpmap', ({ codec, rate, channels, type, rtpmap }) => {
    const track = pcmFileTrack(readTrackOf([]), codec, { sampleRate: rate, channels })
    expect(linesOf(track)).toEqual([rtpmap])
    const packetize = track.createPayloader({ ssrc: 1, sequenceNumber: 0 })
    const unit = { bytes: Buffer.alloc(36), isKey: true, seconds: 0, durationSeconds: 0 }
    expect(packetize(unit, 0).map(payloadTypeOf)).toEqual([type])
  })

  test.each([
    { codec: 'pcm-s16', bytes: 2, turns: true },
    { codec: 'pcm-s24', bytes: 3, turns: true },
    { codec: 'pcm-s24be', bytes: 3, turns: false },
  ] as const)(
    '$codec in pieces of any size keeps every sample',
    async ({ codec, bytes, turns }) => {
      const format = { sampleRate: 48_000, channels: 2 }
      const sizes = [1, 999, 2048, 3, 500].map((instants) => instants * 2 * bytes)
      let instants = 0
      const pieces = sizes.map((size) => {
        const seconds = instants / 48_000
        instants += size / bytes / 2
        return { bytes: seededBytes(size, size), seconds }
      })
      const track = pcmFileTrack(readTrackOf(pieces), codec, format)
      const packetize = track.createPayloader({ ssrc: 1, sequenceNumber: 0 })
      const units = await unitsOf(track)
      const sent = Buffer.concat(units.flatMap((unit) => packetize(unit, 0).map(payloadOf)))
      const expected = Buffer.concat(pieces.map((piece) => piece.bytes))
      for (let at = 0; turns && at < expected.length; at += bytes) {
        expected.subarray(at, at + bytes).reverse()
      }
      expect(sent.equals(expected)).toBe(true)
      // All except the last are 20 ms long.
      expect(new Set(units.slice(0, -1).map((unit) => unit.bytes.length))).toEqual(
        new Set([960 * 2 * bytes]),
      )
    },
  )

  test.each(['pcm-s32', 'pcm-f32', 'pcm-f64be', 'flac', 'ulaw'])('%s is not supported', (codec) => {
    expect(isPcmCodec(codec)).toBe(false)
  })
})
