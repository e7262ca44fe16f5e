import { describe, expect, it } from 'vitest'
import { digestHa1, digestResponse } from '../../src/auth/digest.js'

const user = 'Mufasa'

describe('Digest', () => {
  it.each([
    {
      algorithm: 'SHA-256',
      response: '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
    },
    { algorithm: 'MD5', response: '8ca523f5e9506fed4657c9700eebdbec' },
  ] as const)(
    'RFC 7616 section 3.9.1 with $algorithm',
    { tags: 'A-DIG-2' },
    ({ algorithm, response }) => {
      const ha1 = digestHa1(algorithm, user, 'http-auth@example.org', 'Circle of Life')
      const input = {
        method: 'GET',
        uri: '/dir/index.html',
        nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
        qop: 'auth',
        nc: '00000001',
        cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
      }
      expect(digestResponse(algorithm, ha1, input)).toBe(response)
    },
  )

  it('RFC 2069 section 2.4, with the response of its erratum 749', { tags: 'A-DIG-2' }, () => {
    const ha1 = digestHa1('MD5', user, 'testrealm@host.com', 'CircleOfLife')
    const nonce = 'dcd98b7102dd2f0e8b11d0f600bfb0c093'
    const input = { method: 'GET', uri: '/dir/index.html', nonce }
    expect(digestResponse('MD5', ha1, input)).toBe('1949323746fe6a43ef61f9606e7febea')
  })

  it('names, realms and passwords are UTF-8', { tags: 'A-DIG-11' }, () => {
    // RFC 7616 section 3.9.2 has the user in UTF-8; its algorithm is not offered here.
    const plain = digestHa1('SHA-256', 'Jäsøn Doe', 'api@example.org', 'Secret, or not?')
    expect(plain).toHaveLength(64)
    expect(plain).not.toBe(digestHa1('SHA-256', 'J?s?n Doe', 'api@example.org', 'Secret, or not?'))
  })
})
