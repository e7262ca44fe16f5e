import { describe, expect, it } from 'vitest'
import { parseChallenge, serializeChallenge } from '../../../src/rtsp/headers/www-authenticate.js'
import { challengeCases, refusedChallenges } from '../auth-cases.js'
import { checkCases } from './check-cases.js'

describe('WWW-Authenticate', () => {
  checkCases(challengeCases, refusedChallenges, parseChallenge, serializeChallenge)

  it('an invalid text is misuse', () => {
    expect(() => serializeChallenge({ scheme: 'Basic', realm: 'a\nb' })).toThrow(TypeError)
    const digest = { scheme: 'Digest', realm: 'r', nonce: 'n' } as const
    expect(() => serializeChallenge({ ...digest, algorithm: 'M D5' })).toThrow(TypeError)
    expect(() => serializeChallenge({ ...digest, qop: ['a"b'] })).toThrow(TypeError)
  })
})
