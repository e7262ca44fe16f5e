import { expect, it } from 'vitest'
import { hostOf, isSameHost } from '../src/host-of.js'

it.each([
  { address: '127.0.0.1', host: '127.0.0.1' },
  { address: '::1', host: '0:0:0:0' },
  { address: '::', host: '0:0:0:0' },
  { address: '2001:db8:1:2:3:4:5:6', host: '2001:db8:1:2' },
  { address: '2001:db8:1:2::6', host: '2001:db8:1:2' },
  { address: '2001:DB8:1:2::6', host: '2001:db8:1:2' },
  { address: '2001:db8::1', host: '2001:db8:0:0' },
  { address: 'fe80::1%eth0', host: 'fe80:0:0:0' },
  { address: '::ffff:192.0.2.7', host: '192.0.2.7' },
  { address: '::ffff:c000:207', host: '192.0.2.7' },
  { address: '0:0:0:0:0:ffff:192.0.2.7', host: '192.0.2.7' },
  { address: '2001:0db8:01:2::6', host: '2001:db8:1:2' },
  { address: 'a:b:c:d:e:f', host: 'a:b:c:d:e:f' },
  { address: '192.0.2.7:8554', host: '192.0.2.7:8554' },
  { address: '', host: '' },
])('the host of $address is $host', { tags: ['S-4', 'B-BRUTE'] }, ({ address, host }) => {
  expect(hostOf(address)).toBe(host)
})

it.each([
  ['192.0.2.7', '192.0.2.7', true],
  ['192.0.2.7', '192.0.2.8', false],
  ['2001:db8:1:2::1', '2001:db8:1:2:aaaa:bbbb:cccc:dddd', true],
  ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
  ['fd00:1:2:3::1', 'fd00:1:2:3::2', true],
  ['fe80::1%eth0', 'fe80::1%eth0', true],
  ['fe80::1%eth0', 'fe80::2%eth0', false],
  ['FE80::1%eth0', 'fe80::1%eth0', true],
  ['FE80::1%eth0', 'fe80::2%eth0', false],
  ['::ffff:192.0.2.7', '192.0.2.7', true],
  ['::ffff:192.0.2.7', '192.0.2.8', false],
  ['::1', '127.0.0.1', false],
  ['a:1', 'a:2', false],
])('%s and %s are one host: %s', { tags: ['S-4', 'B-HIJ'] }, (left, right, isSame) => {
  expect([isSameHost(left, right), isSameHost(right, left)]).toEqual([isSame, isSame])
})
