import { describe, expect, it } from 'vitest'
import { HttpDigest } from '../../src/motion/http-digest.js'

const url = 'http://camera/dir/index.html?a=1'
const digestOf = () => new HttpDigest({ username: 'Mufasa', password: 'Circle of Life' })

/** The parameters of a header, as RFC 7616 names them. */
const parametersOf = (header = '') =>
  Object.fromEntries([...header.matchAll(/(\w+)=("[^"]*"|[^,\s]+)/g)].map(([, ...pair]) => pair))

describe('a login by Digest of HTTP', () => {
  it('has no header before a challenge, and counts the requests of a nonce', () => {
    const digest = digestOf()
    expect(digest.authorization(url)).toBeUndefined()
    expect(digest.learn('Digest realm="camera", nonce="n", qop="auth"')).toBe(true)
    const sent = [digest.authorization(url), digest.authorization(url)].map(parametersOf)
    expect(sent.map(({ nc }) => nc)).toEqual(['00000001', '00000002'])
    expect(sent[0]).toMatchObject({
      username: '"Mufasa"',
      uri: '"/dir/index.html?a=1"',
      qop: 'auth',
    })
  })

  it('hashes as RFC 2069 says when the camera offers no qop', () => {
    const digest = digestOf()
    digest.learn(
      'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5c"',
    )
    const { response, opaque, qop } = parametersOf(digest.authorization('http://c/dir/index.html'))
    // MD5 of HA1, nonce and HA2, computed by md5sum.
    expect([response, opaque, qop]).toEqual([
      '"50dde0bcf6845d59676454ba9877e9d0"',
      '"5c"',
      undefined,
    ])
  })

  it('answers the strongest of several challenges, beside other schemes', () => {
    const digest = digestOf()
    const md5 = 'Digest realm="a, Digest b", nonce="1", algorithm=MD5'
    expect(
      digest.learn(`Basic realm="x", ${md5}, Digest realm="c", nonce="2", algorithm=SHA-256`),
    ).toBe(true)
    expect(parametersOf(digest.authorization(url))).toMatchObject({
      algorithm: 'SHA-256',
      nonce: '"2"',
    })
  })

  it.each(['Basic realm="x"', 'Digest realm="a", nonce="1", algorithm=SHA-512-256', ''])(
    'takes no challenge from %j',
    (header) => {
      const digest = digestOf()
      expect([digest.learn(header), digest.authorization(url)]).toEqual([false, undefined])
    },
  )

  it('tries a wrong password once, and a new nonce when the old one was right', () => {
    const digest = digestOf()
    const challenge = (nonce: string, more = '') => `Digest realm="a", nonce="${nonce}"${more}`
    digest.learn(challenge('1'))
    digest.authorization(url)
    expect(digest.learn(challenge('2'))).toBe(false)
    digest.authorization(url)
    expect(digest.learn(challenge('3', ', stale=TRUE'))).toBe(true)
    digest.authorization(url)
    digest.authorization(url)
    expect(digest.learn(challenge('4'))).toBe(true)
  })

  it('quotes what the camera and the user have quoted', () => {
    const digest = new HttpDigest({ username: 'a"b', password: 'c' })
    digest.learn(String.raw`Digest realm="say \"x\"", nonce="1"`)
    expect(digest.authorization(url)).toContain(String.raw`username="a\"b", realm="say \"x\"", `)
  })
})
