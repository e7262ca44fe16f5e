import { describe, expect, test } from 'vitest'
import { g711FileTrack } from '../../../../src/media/file/tracks/sample-file-track.js'
import { payloadTypeOf } from '../../../../src/rtp/index.js'
import { seededBytes } from '../../../rtp/random-bytes.js'
import { payloadOf } from '../../../support/payload.js'
import { linesOf, readTrackOf, unitsOf } from './read-track.js'

const telephone = { sampleRate: 8000, channels: 1 }

describe('a track of G.711', { tags: ['A-PAY-5', 'A-RTP-2'] }, () => {
  test.each([
    { law: 'ulaw', format: telephone, formats: ['0'], rtpmap: 'rtpmap:0 PCMU/8000' },
    { law: 'alaw', format: telephone, formats: ['8'], rtpmap: 'rtpmap:8 PCMA/8000' },
    {
      law: 'ulaw',
      format: { sampleRate: 16_000, channels: 2 },
      formats: ['97'],
      rtpmap: 'rtpmap:97 PCMU/16000/2',
    },
    {
      law: 'alaw',
      format: { sampleRate: 8000, channels: 2 },
      formats: ['97'],
      rtpmap: 'rtpmap:97 PCMA/8000/2',
    },
  ] as const)('is described by $rtpmap', ({ law, format, formats, rtpmap }) => {
    const track = g711FileTrack(readTrackOf([]), law, format)
    expect(linesOf(track)).toEqual([rtpmap])
    expect(track.description.payloadTypes.map(String)).toEqual(formats)
    const packetize = track.createPayloader({ ssrc: 1, sequenceNumber: 0 })
    const unit = { bytes: Buffer.alloc(2), isKey: true, seconds: 0, durationSeconds: 0 }
    expect(packetize(unit, 0).map(payloadTypeOf).map(String)).toEqual(formats)
  })

  test.each([
    { name: 'one large piece', sizes: [8000] },
    { name: 'pieces of 341 samples', sizes: Array<number>(23).fill(341) },
    { name: 'single samples', sizes: Array<number>(500).fill(1) },
  ])('cuts $name into packets of 20 ms', async ({ sizes }) => {
    const samples = seededBytes(
      sizes.reduce((sum, size) => sum + size, 0),
      1,
    )
    let start = 0
    const pieces = sizes.map((size) => {
      const piece = { bytes: samples.subarray(start, start + size), seconds: start / 8000 }
      start += size
      return piece
    })
    const track = g711FileTrack(readTrackOf(pieces), 'ulaw', telephone)
    const units = await unitsOf(track)
    expect(new Set(units.slice(0, -1).map(({ bytes }) => bytes.length))).toEqual(new Set([160]))
    expect(units.map(({ seconds }) => Math.round(seconds * 8000))).toEqual(
      units.map((_, index) => index * 160),
    )
    const packetize = track.createPayloader({ ssrc: 1, sequenceNumber: 0 })
    const packets = units.flatMap((unit) => packetize(unit, 0))
    expect(Buffer.concat(packets.map(payloadOf)).equals(samples)).toBe(true)
  })

  test('begins a new packet after a gap', async () => {
    const pieces = [
      { bytes: Buffer.alloc(200), seconds: 0 },
      { bytes: Buffer.alloc(160), seconds: 1 },
    ]
    const units = await unitsOf(g711FileTrack(readTrackOf(pieces), 'alaw', telephone))
    expect(units.map(({ seconds, bytes }) => [seconds, bytes.length])).toEqual([
      [0, 160],
      [0.02, 40],
      [1, 160],
    ])
  })
})
