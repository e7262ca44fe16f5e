import { describe, expect, it } from 'vitest'
import { readPlayAnswer, rtpInfoOf } from '../../../src/client/streams/play-answer.js'
import { RtspHeaders, type RtspResponse } from '../../../src/rtsp/index.js'

const response = (headers: Readonly<Record<string, string>>): RtspResponse => ({
  kind: 'response',
  version: '1.0',
  statusCode: 200,
  reason: 'OK',
  headers: new RtspHeaders(Object.entries(headers)),
  body: Buffer.alloc(0),
})

describe('a response to PLAY', () => {
  it('tells what the server plays', () => {
    const answer = readPlayAnswer(response({ Range: 'npt=1-2', Scale: ' -0.5 ', Speed: '1.' }))
    expect(answer).toMatchObject({ range: { unit: 'npt' }, scale: -0.5, speed: 1 })
  })

  it.each(['', 'x', '1e3', '--1', '1,5', '0x10', '9'.repeat(400)])(
    'has no Scale and no Range of %j',
    (text) => {
      const answer = readPlayAnswer(response({ Range: text, Scale: text, Speed: text }))
      expect(answer).toEqual({ range: undefined, scale: undefined, speed: undefined })
    },
  )

  it('has the beginnings of tracks, unless they cannot be read', () => {
    const header = 'url=rtsp://a/track1;seq=7;rtptime=9'
    expect(rtpInfoOf(response({ 'RTP-Info': header }))).toMatchObject([{ seq: 7, rtptime: 9 }])
    for (const broken of ['url', ';;;', 'seq=1']) {
      expect(rtpInfoOf(response({ 'RTP-Info': broken }))).toEqual([])
    }
  })
})
