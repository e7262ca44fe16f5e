import { describe, expect, it } from 'vitest'
import { readRedisAddress } from '../../../src/cluster/redis/redis-address.js'

const read = (url: unknown) => readRedisAddress('url', url)
const none = { isSecure: false, login: {}, sentinelLogin: {} }

describe('readRedisAddress', () => {
  it.each([
    ['redis://127.0.0.1', { url: 'redis://127.0.0.1' }],
    ['rediss://ann:pw@redis.test:6380', { url: 'rediss://ann:pw@redis.test:6380' }],
    ['unix:///run/a%20b.sock', { path: '/run/a b.sock' }],
    [
      'redis+sentinel://10.0.0.1,[::1]:26380,s.test:7/main',
      {
        ...{ ...none, kind: 'sentinel', master: 'main' },
        servers: [
          { host: '10.0.0.1', port: 26_379 },
          { host: '::1', port: 26_380 },
          { host: 's.test', port: 7 },
        ],
      },
    ],
    [
      'rediss+sentinel://ann:a%40b%3Ac@h/m?sentinel_username=sam&sentinel_password=p%2Fq',
      {
        ...{ kind: 'sentinel', master: 'm', isSecure: true },
        servers: [{ host: 'h', port: 26_379 }],
        login: { username: 'ann', password: 'a@b:c' },
        sentinelLogin: { username: 'sam', password: 'p/q' },
      },
    ],
    [
      'redis+sentinel://:a+b@h/m?sentinel_password=c+d%20e==',
      {
        ...{ ...none, kind: 'sentinel', master: 'm', servers: [{ host: 'h', port: 26_379 }] },
        ...{ login: { password: 'a+b' }, sentinelLogin: { password: 'c+d e==' } },
      },
    ],
    [
      'redis+cluster://:pw@h:7000,h:7001',
      {
        ...{ ...none, kind: 'cluster', master: '', login: { password: 'pw' } },
        servers: [
          { host: 'h', port: 7000 },
          { host: 'h', port: 7001 },
        ],
      },
    ],
  ])('reads %s', (url, address) => {
    expect(read(url)).toEqual(address)
  })

  it.each([
    ...[undefined, 7, '', '127.0.0.1:6379', 'http://127.0.0.1', 'redis://', 'unix://'],
    ...['redis+sentinel://h', 'redis+sentinel://h/', 'redis+sentinel:///m', 'redis+cluster://h/m'],
    ...['redis+cluster://', 'redis+cluster://h,', 'redis+cluster://h:65536', 'redis+cluster://h:x'],
    ...[
      'redis+sentinel://h/m?db=1',
      'redis+cluster://%@h',
      'redis+other://h',
      'redis+cluster://a b',
    ],
  ])('refuses %s, and says what it expects', (url) => {
    expect(() => read(url)).toThrow(/^url must be an address such as .*redis\+sentinel:.*cluster:/)
  })

  it('does not show a password', () => {
    for (const url of ['redis+sentinel://ann:secret@h', 'redis+cluster://%:secret@h']) {
      expect(() => read(url)).not.toThrow(/secret/)
      expect(() => read(url)).toThrow(/must be/)
    }
  })
})
