import { describe, expect, it } from 'vitest'
import { parseContentLength } from '../../../src/rtsp/headers/content-length.js'

// Refused values are among the transcripts, under A-MSG-9.
describe('Content-Length', () => {
  it('none means no body', { tags: 'A-MSG-8' }, () => {
    expect(parseContentLength([])).toBe(0)
  })

  it('one value, once or more often', { tags: 'A-MSG-9' }, () => {
    expect(parseContentLength(['12'])).toBe(12)
    expect(parseContentLength(['12', '012', '12'])).toBe(12)
    expect(() => parseContentLength(['12', '13'])).toThrow('expected one value, got 12 and 13')
  })
})
