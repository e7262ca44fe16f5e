import { describe, expect, it } from 'vitest'
import { Networks } from '../../src/access/networks.js'
import { clientOf, forgottenProxyOf } from '../../src/api/client-address.js'

const proxies = new Networks(['127.0.0.1', 'fd00::/8'])

function clientBy(headers: Readonly<Record<string, string>>, remoteAddress = '127.0.0.1') {
  const { address, isPrivate } = clientOf({ socket: { remoteAddress }, headers } as never, proxies)
  return [address, isPrivate]
}

describe('the client of a request to the API', { tags: 'B-AUTH0' }, () => {
  it.each<[string, Readonly<Record<string, string>>, string, boolean]>([
    ['no header', {}, '127.0.0.1', true],
    ['an address', { 'x-forwarded-for': '192.0.2.1' }, '192.0.2.1', false],
    [
      'an address and the way',
      { 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': 'https' },
      ...(['192.0.2.1', true] as const),
    ],
    [
      'a list that its client has begun',
      { 'x-forwarded-for': '10.0.0.1, 192.0.2.1', 'x-forwarded-proto': 'https, http' },
      ...(['192.0.2.1', false] as const),
    ],
    ['an address with a port', { 'x-forwarded-for': '192.0.2.1:4711' }, '192.0.2.1', false],
    ['IPv6 in brackets', { 'x-forwarded-for': '[2001:db8::1]:80' }, '2001:db8::1', false],
    [
      'the header of RFC 7239',
      { forwarded: 'for=10.0.0.1;proto=http, For="[2001:db8::1]:4711";by=x;proto=HTTPS' },
      ...(['2001:db8::1', true] as const),
    ],
    [
      'a client that sends the other header',
      { forwarded: 'for=192.0.2.1;proto=http', 'x-forwarded-for': '127.0.0.1' },
      ...(['unknown', false] as const),
    ],
    [
      'two ways',
      { forwarded: 'for=192.0.2.1;proto=http', 'x-forwarded-proto': 'https' },
      ...(['192.0.2.1', false] as const),
    ],
    ['no client', { forwarded: 'for=unknown;proto=https' }, 'unknown', true],
    ['a name', { 'x-forwarded-for': 'localhost' }, 'unknown', false],
    ['an empty list', { 'x-forwarded-for': '192.0.2.1, ' }, 'unknown', false],
  ])('is read from a trusted proxy: %s', (_name, headers, address, isPrivate) => {
    expect(clientBy(headers)).toEqual([address, isPrivate])
    expect(clientBy(headers, 'fd00::1')[0]).toBe(address === '127.0.0.1' ? 'fd00::1' : address)
  })

  it('is the one that is connected, without trust', () => {
    const headers = { 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'https' }
    expect(clientBy(headers, '192.0.2.9')).toEqual(['192.0.2.9', false])
  })
})

describe('a proxy that nobody has named', { tags: 'B-AUTH0' }, () => {
  const forgotten = (remoteAddress: string, headers: Readonly<Record<string, string>>) =>
    forgottenProxyOf({ socket: { remoteAddress }, headers } as never, new Networks(['10.0.0.7']))
  const headers = { 'x-forwarded-for': '192.0.2.1' }

  it.each(['127.0.0.1', '::1', '192.168.1.2', '10.0.0.8', 'fd00::1'])('is found at %s', (near) => {
    expect(forgotten(near, headers)).toBe(near)
    expect(forgotten(near, { forwarded: 'for=192.0.2.1' })).toBe(near)
    expect(forgotten(near, {})).toBeUndefined()
  })

  it('is not looked for among strangers, and trusted ones are none', () => {
    expect(forgotten('192.0.2.9', headers)).toBeUndefined()
    expect(forgotten('10.0.0.7', headers)).toBeUndefined()
  })
})
