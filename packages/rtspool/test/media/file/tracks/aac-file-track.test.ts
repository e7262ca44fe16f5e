import { describe, expect, test } from 'vitest'
import { aacFileTrack } from '../../../../src/media/file/tracks/aac-file-track.js'
import { depacketizeAac } from '../../../rtp/payloader/depacketizers.js'
import { linesOf, readTrackOf, unitsOf } from './read-track.js'

const format = { sampleRate: 48_000, channels: 2 }
/** AAC-LC, 48 kHz, stereo, one access unit of three bytes after the header. */
const adts = Buffer.from('fff14c80015ffc 010203'.replaceAll(' ', ''), 'hex')

describe('an AAC track', { tags: 'A-PAY-3' }, () => {
  test('with ADTS headers takes its description from them and sends units without them', async () => {
    const track = aacFileTrack(readTrackOf([{ bytes: adts, seconds: 0 }]), undefined, format)
    expect(linesOf(track)[0]).toBe('rtpmap:97 mpeg4-generic/48000/2')
    expect(linesOf(track)[1]).toMatch(/;config=1190$/)
    const packetize = track.createPayloader({ ssrc: 1, sequenceNumber: 0 })
    const packets = (await unitsOf(track)).flatMap((unit) => packetize(unit, 0))
    expect(depacketizeAac(packets)).toEqual([Buffer.of(1, 2, 3)])
  })

  test('without a configuration and a header is refused', () => {
    const track = readTrackOf([{ bytes: Buffer.alloc(20), seconds: 0 }])
    expect(() => aacFileTrack(track, undefined, format)).toThrow(/expected an ADTS header/)
  })
})
