import { describe, expect, it } from 'vitest'
import { haveSameCodecs } from '../../../src/media/gap/same-codecs.js'
import { parseSdp } from '../../../src/sdp/index.js'

const head = ['v=0', 'o=- 0 0 IN IP4 127.0.0.1', 's=-', 't=0 0']
const video = [
  'm=video 0 RTP/AVP 96',
  'a=rtpmap:96 H264/90000',
  'a=fmtp:96 packetization-mode=1; profile-level-id=42C01E; sprop-parameter-sets=Z0LA,aMuMsg==',
]
const audio = [
  'm=audio 0 RTP/AVP 97',
  'a=rtpmap:97 mpeg4-generic/48000/2',
  'a=fmtp:97 mode=AAC-hbr;config=1190',
]

const described = (...lines: string[]) =>
  parseSdp(Buffer.from([...head, ...lines, ''].join('\r\n')))
const replaced = (from: string, to: string) =>
  described(...[...video, ...audio].map((line) => line.replace(from, to)))

describe('haveSameCodecs', () => {
  const announced = described(...video, ...audio)

  it.each([
    [
      'another order of parameters',
      'packetization-mode=1; profile-level-id=42C01E',
      'profile-level-id=42C01E;packetization-mode=1',
    ],
    ['another case', 'profile-level-id=42C01E', 'Profile-Level-ID=42c01e'],
    ['another spelling of the encoding', 'mpeg4-generic', 'MPEG4-GENERIC'],
    ['another profile of RTP', 'm=audio 0 RTP/AVP', 'm=audio 5004 RTP/SAVP'],
    ['another name', 's=-', 's=camera'],
  ])('accepts %s', (_name, from, to) => {
    expect(haveSameCodecs(announced, replaced(from, to))).toBe(true)
  })

  it.each([
    ['another encoding', 'H264', 'H265'],
    ['other parameter sets', 'aMuMsg==', 'aMuMsA=='],
    ['the same letters of another case in parameter sets', 'aMuMsg==', 'amuMsg=='],
    ['no parameters', 'a=fmtp:96', 'a=x-fmtp:96'],
    ['another configuration of AAC', '1190', '1210'],
    ['another clock rate', '48000', '44100'],
    ['another number of channels', '/2', ''],
    ['another payload type', 'RTP/AVP 97', 'RTP/AVP 98'],
    ['another kind', 'm=audio', 'm=application'],
  ])('refuses %s', (_name, from, to) => {
    expect(haveSameCodecs(announced, replaced(from, to))).toBe(false)
  })

  it('refuses other tracks, and another order of tracks', () => {
    expect(haveSameCodecs(announced, described(...video))).toBe(false)
    expect(haveSameCodecs(announced, described(...video, ...audio, ...audio))).toBe(false)
    expect(haveSameCodecs(announced, described(...audio, ...video))).toBe(false)
  })

  it('takes a missing number of channels as one', () => {
    const mono = (rtpmap: string) => described('m=audio 0 RTP/AVP 97', `a=rtpmap:97 ${rtpmap}`)
    expect(haveSameCodecs(mono('PCMU/8000'), mono('pcmu/8000/1'))).toBe(true)
  })
})
