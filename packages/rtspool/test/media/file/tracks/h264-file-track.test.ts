import { describe, expect, test } from 'vitest'
import { h264FileTrack } from '../../../../src/media/file/tracks/nal-file-track.js'
import { linesOf, readTrackOf } from './read-track.js'

const sps = Buffer.from('674d401eeca05017fcb8', 'hex')
const pps = Buffer.from('68efbcb0', 'hex')
const slice = Buffer.from('6588840a', 'hex')

/** Puts a length of `size` bytes before each unit. */
const prefixed = (size: number, ...units: readonly Buffer[]): Buffer =>
  Buffer.concat(
    units.flatMap((unit) => {
      const length = Buffer.alloc(size)
      length.writeUIntBE(unit.length, 0, size)
      return [length, unit]
    }),
  )
const annexB = (...units: readonly Buffer[]): Buffer =>
  Buffer.concat(units.flatMap((unit) => [Buffer.of(0, 0, 0, 1), unit]))
/** Creates a record without parameter sets, as allowed for avc3. */
const bare = (lengthSize: number): Buffer =>
  Buffer.of(1, 0x4d, 0x40, 0x1e, 0xfc | (lengthSize - 1), 0xe0, 0)

describe('avc3: a record without parameter sets', () => {
  test.each([1, 2, 4])(
    'takes its description from the first key frame (lengths of %d bytes)',
    (size) => {
      const track = readTrackOf([{ bytes: prefixed(size, sps, pps, slice), seconds: 0 }])
      expect(linesOf(h264FileTrack(track, bare(size)))[1]).toBe(
        `fmtp:96 packetization-mode=1;profile-level-id=4d401e;sprop-parameter-sets=${sps.toString('base64')},${pps.toString('base64')}`,
      )
    },
  )

  test('and a stream with start codes have the same description', () => {
    const stream = readTrackOf([{ bytes: annexB(sps, pps, slice), seconds: 0 }])
    const avc3 = readTrackOf([{ bytes: prefixed(4, sps, pps, slice), seconds: 0 }])
    expect(linesOf(h264FileTrack(stream, undefined))).toEqual(linesOf(h264FileTrack(avc3, bare(4))))
  })

  test('is refused if the first key frame has no parameter sets either', () => {
    const track = readTrackOf([{ bytes: prefixed(4, slice), seconds: 0 }])
    expect(() => h264FileTrack(track, bare(4))).toThrow(/expected an SPS/)
  })
})
