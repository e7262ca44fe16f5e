import { describe, expect, it } from 'vitest'
import { parseRequire, serializeUnsupported } from '../../../src/rtsp/headers/require.js'
import { RtspHeaders } from '../../../src/rtsp/message.js'

describe('Require', () => {
  it('features come from all lines of Require and Proxy-Require, each once', {
    tags: ['A-MSG-13', 'A-MSG-14'],
  }, () => {
    const headers = new RtspHeaders([
      ['Proxy-Require', 'gzipped-messages'],
      ['Require', 'a, implicit-play'],
      ['require', 'a,b'],
    ])
    expect(parseRequire(headers)).toEqual(['a', 'implicit-play', 'b', 'gzipped-messages'])
    expect(parseRequire(new RtspHeaders())).toEqual([])
  })

  it('Unsupported lists features', { tags: 'A-MSG-13' }, () => {
    expect(serializeUnsupported(['a', 'implicit-play'])).toBe('a, implicit-play')
  })
})
