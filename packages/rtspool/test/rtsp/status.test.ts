import { describe, expect, it } from 'vitest'
import { errorCodes } from '../../src/errors.js'
import { reasonPhrase, reasonPhrases } from '../../src/rtsp/status.js'

describe('status', () => {
  it('every error with a response has a phrase of its own', () => {
    for (const { statusCode } of Object.values(errorCodes)) {
      if (statusCode !== 0) expect(reasonPhrases[statusCode]).toBeDefined()
    }
  })

  it('phrases are spelled as in RFC 2326', { tags: 'A-MSG-15' }, () => {
    expect(reasonPhrase(505)).toBe('RTSP Version not supported')
  })

  it('an unknown code has the name of its class', () => {
    expect([199, 299, 399, 499, 599, 999].map(reasonPhrase)).toEqual([
      'Informational',
      'Success',
      'Redirection',
      'Client Error',
      'Server Error',
      'Unknown',
    ])
  })
})
