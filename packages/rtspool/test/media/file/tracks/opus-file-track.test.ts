import { describe, expect, test } from 'vitest'
import { opusFileTrack } from '../../../../src/media/file/tracks/opus-file-track.js'
import { timestampOf } from '../../../../src/rtp/index.js'
import { payloadOf } from '../../../support/payload.js'
import { linesOf, readTrackOf, unitsOf } from './read-track.js'

/** An Opus packet of 20 ms of CELT in mono. */
const packetOf = (byte: number) => Buffer.of(0xf8, byte)

describe('an Opus track', { tags: 'A-PAY-4' }, () => {
  test.each([
    { channels: 1, lines: ['rtpmap:97 opus/48000/2'] },
    { channels: 2, lines: ['rtpmap:97 opus/48000/2', 'fmtp:97 sprop-stereo=1'] },
  ])('of $channels channels is described with two, as the RFC requires', ({ channels, lines }) => {
    expect(linesOf(opusFileTrack(readTrackOf([]), { sampleRate: 16_000, channels }))).toEqual(lines)
  })

  test('of more channels is refused', () => {
    const format = { sampleRate: 48_000, channels: 6 }
    expect(() => opusFileTrack(readTrackOf([]), format)).toThrow(/one or two channels, got 6/)
  })

  test('is timed by its samples, not by the milliseconds of Matroska', async () => {
    const units = [0, 0.021, 0.04, 0.059].map((seconds, n) => ({ bytes: packetOf(n), seconds }))
    const track = opusFileTrack(readTrackOf(units), { sampleRate: 48_000, channels: 1 })
    const read = await unitsOf(track)
    expect(read.map(({ seconds }) => Math.round(seconds * 48_000))).toEqual([0, 960, 1920, 2880])
  })

  test('keeps a gap of the file', async () => {
    const units = [0, 0.02, 0.1].map((seconds, n) => ({ bytes: packetOf(n), seconds }))
    const track = opusFileTrack(readTrackOf(units), { sampleRate: 48_000, channels: 1 })
    expect((await unitsOf(track)).map(({ seconds }) => seconds)).toEqual([0, 0.02, 0.1])
  })

  test('is sent unchanged', async () => {
    const track = opusFileTrack(readTrackOf([{ bytes: packetOf(7), seconds: 0 }]), {
      sampleRate: 48_000,
      channels: 1,
    })
    const packetize = track.createPayloader({ ssrc: 1, sequenceNumber: 0 })
    const packets = (await unitsOf(track)).flatMap((unit) => packetize(unit, 4800))
    expect(packets.map(payloadOf)).toEqual([packetOf(7)])
    expect(packets.map(timestampOf)).toEqual([4800])
  })
})
