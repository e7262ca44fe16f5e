import { describe, expect, it } from 'vitest'
import { parseRtpInfo, serializeRtpInfo } from '../../../src/rtsp/headers/rtp-info.js'
import { fastestMs } from '../fastest.js'
import { refusedRtpInfos, rtpInfoCases } from '../header-cases.js'
import { checkCases } from './check-cases.js'

describe('RTP-Info', () => {
  checkCases(rtpInfoCases, refusedRtpInfos, parseRtpInfo, serializeRtpInfo)

  it('an invalid entry is misuse', () => {
    expect(() => serializeRtpInfo([{ url: '' }])).toThrow(TypeError)
    expect(() => serializeRtpInfo([{ url: 'a\r\nb' }])).toThrow(TypeError)
    expect(() => serializeRtpInfo([{ url: 'a', seq: 65536 }])).toThrow(RangeError)
    expect(() => serializeRtpInfo([{ url: 'a', rtptime: -1 }])).toThrow(RangeError)
  })

  it('64 KiB of commas or semicolons in RTP-Info are handled in under 10 ms', {
    tags: 'B-LOOP',
  }, () => {
    for (const filling of [',', ';', ';seq=1', ',url=a']) {
      const wire = `url=a${filling.repeat(65536 / filling.length)}`
      const ms = fastestMs(() => {
        try {
          parseRtpInfo(wire)
        } catch {
          // Refused or not: only the time matters here.
        }
      })
      expect(ms).toBeLessThan(10)
    }
  })
})
