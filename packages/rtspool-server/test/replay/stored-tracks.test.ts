import { describe, expect, it } from 'vitest'
import { audioCoding } from '../../src/codec/audio-format.js'
import { decodeG711 } from '../../src/codec/g711.js'
import { h264Format } from '../../src/codec/h264-format.js'
import { h265Format } from '../../src/codec/h265-format.js'
import { initSegment } from '../../src/fmp4/init-segment.js'
import { storedTracks } from '../../src/replay/stored-tracks.js'
import { parameterSets } from '../codec/parameter-sets.js'

const start = { ssrc: 1, sequenceNumber: 1 }
const sample = { trackId: 1, decodeTime: 0, time: 0, duration: 0, isSync: true }

describe('tracks of recorded files', () => {
  it('of H.264 are sent with their parameter sets in front of key frames', () => {
    const format = h264Format(parameterSets.baseline, 90_000)
    const [track] = storedTracks(initSegment(format ? [format] : []))
    expect(track).toMatchObject({ trackId: 1, kind: 'video', clockRate: 90_000, coding: 'H264' })
    expect(track?.description.attribute('fmtp')).toContain('sprop-parameter-sets=')
    const bytes = Buffer.from([0, 0, 0, 2, 0x65, 1])
    const parts = track?.partsOf({ ...sample, bytes }) ?? []
    expect(parts).toEqual([...parameterSets.baseline, bytes.subarray(4)])
    expect(track?.partsOf({ ...sample, isSync: false, bytes })).toEqual([bytes.subarray(4)])
    expect(track?.createPayloader(start)(parts, 90)).toHaveLength(1)
  })

  it('of H.265 have VPS, SPS and PPS', () => {
    const format = h265Format(parameterSets.hevc, 90_000)
    const [track] = storedTracks(initSegment(format ? [format] : []))
    expect(track?.description.attribute('fmtp')).toMatch(/sprop-vps=.*sprop-sps=.*sprop-pps=/)
    const bytes = Buffer.from([0, 0, 0, 3, 0x26, 1, 2])
    expect(track?.partsOf({ ...sample, bytes })).toEqual([...parameterSets.hevc, bytes.subarray(4)])
  })

  it('of AAC keep their configuration', () => {
    const coding = audioCoding({
      ...{ encoding: 'MPEG4-GENERIC', clockRate: 44_100, channels: 2 },
      parameters: 'mode=AAC-hbr; config=1210',
    })
    const [track] = storedTracks(initSegment(coding ? [coding.format] : []))
    expect(track?.description.attribute('rtpmap')).toBe('97 mpeg4-generic/44100/2')
    expect(track?.description.attribute('fmtp')).toContain('config=1210')
    const [packet] = track?.createPayloader(start)([Buffer.from('frame')], 0) ?? []
    expect(packet?.subarray(12)).toEqual(Buffer.from('00100028' + '6672616d65', 'hex'))
  })

  it('of Opus are sent as they are', () => {
    const coding = audioCoding({ encoding: 'OPUS', clockRate: 48_000, channels: 2, parameters: '' })
    const [track] = storedTracks(initSegment(coding ? [coding.format] : []))
    expect(track?.description.attribute('rtpmap')).toBe('97 opus/48000/2')
    const [packet] = track?.createPayloader(start)([Buffer.from('frame')], 0) ?? []
    expect(packet?.subarray(12).toString()).toBe('frame')
  })

  it.each(['PCMU', 'PCMA'] as const)('of %s are sent as L16 with the same samples', (encoding) => {
    const coding = audioCoding({ encoding, clockRate: 8000, channels: 1, parameters: '' })
    const [track] = storedTracks(initSegment(coding ? [coding.format] : []))
    expect(track?.description.attribute('rtpmap')).toBe('97 L16/8000')
    const codes = Buffer.from(Array.from({ length: 256 }, (_, code) => code))
    const bytes = coding?.sampleOf(codes, 1_000_000) ?? Buffer.alloc(0)
    const parts = track?.partsOf({ ...sample, duration: codes.length, bytes }) ?? []
    const [packet] = track?.createPayloader(start)(parts, 0) ?? []
    const samples = Array.from(codes, (_, index) => packet?.readInt16BE(12 + index * 2))
    expect(samples).toEqual([...decodeG711(encoding, codes)])
  })

  it('of an unknown entry are left out', () => {
    const coding = audioCoding({ encoding: 'OPUS', clockRate: 48_000, channels: 2, parameters: '' })
    const init = initSegment(coding ? [coding.format] : [])
    init.write('abcd', init.indexOf('Opus'), 'latin1')
    expect(storedTracks(init)).toEqual([])
  })
})
