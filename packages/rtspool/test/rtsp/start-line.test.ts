import { describe, expect, it } from 'vitest'
import { parseStartLine, requestUriBytes } from '../../src/rtsp/start-line.js'

// Refused lines are among the transcripts.
describe('start line', () => {
  it('is a request line', { tags: 'A-MSG-1' }, () => {
    expect(parseStartLine('PLAY rtsp://h/cam RTSP/1.0')).toEqual({
      kind: 'request',
      method: 'PLAY',
      uri: 'rtsp://h/cam',
      version: '1.0',
    })
  })

  it('or a status line', { tags: 'A-MSG-24' }, () => {
    expect(parseStartLine('RTSP/1.0 454 Session Not Found')).toEqual({
      kind: 'response',
      version: '1.0',
      statusCode: 454,
      reason: 'Session Not Found',
    })
  })

  it.each([
    ['PLAY', 0],
    ['PLAY ', 0],
    ['PLAY abc', 3],
    ['PLAY abc RTSP/1.0', 3],
    ['RTSP/1.0 200 OK', 0],
  ])('%j has a URI of %i bytes', (line, bytes) => {
    expect(requestUriBytes(Buffer.from(line))).toBe(bytes)
  })
})
