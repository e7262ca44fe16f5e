import { describe, expect, it } from 'vitest'
import { authorization, isDigest, parseChallenge } from '../src/credentials.js'

const mufasa = { name: 'Mufasa', password: 'Circle of Life' }
const uri = '/dir/index.html'

describe('credentials', () => {
  it('reads a challenge with quoted commas and escapes', () => {
    const { scheme, parameters } = parseChallenge(
      'Digest realm="a, \\"b\\"", nonce=abc, qop="auth"',
    )
    expect(scheme).toBe('Digest')
    expect([...parameters]).toEqual([
      ['realm', 'a, \\"b\\"'],
      ['nonce', 'abc'],
      ['qop', 'auth'],
    ])
  })

  // RFC 2617 section 3.5
  it('answers with qop as in the example of the RFC', () => {
    const challenge = parseChallenge(
      'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"',
    )
    const user = { name: 'Mufasa', password: 'Circle Of Life' }
    const value = authorization(challenge, user, 'GET', uri, { hasQop: true })
    expect(value).toContain('response="6629fae49393a05397450978507c4ef1"')
  })

  // RFC 7616 section 3.9.1 has the same user with a cnonce of its own; without qop there is none.
  it.each([
    ['MD5', 32],
    ['SHA-256', 64],
  ] as const)('hashes with %s', (algorithm, length) => {
    const challenge = parseChallenge(`Digest realm="r", nonce="n", algorithm=${algorithm}`)
    expect(isDigest(challenge, algorithm)).toBe(true)
    const value = authorization(challenge, mufasa, 'DESCRIBE', uri)
    expect(/response="([\da-f]+)"/.exec(value)?.[1]).toHaveLength(length)
    expect(value).not.toContain('qop')
    expect(value).not.toContain(mufasa.password)
  })

  it('speaks Basic', () => {
    const value = authorization(
      parseChallenge('Basic realm="r"'),
      { name: 'u', password: 'p' },
      '',
      '',
    )
    expect(value).toBe('Basic dTpw')
  })
})
