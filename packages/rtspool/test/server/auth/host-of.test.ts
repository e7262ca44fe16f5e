import { expect, it } from 'vitest'
import { hostOf } from '../../../src/server/auth/host-of.js'

it.each([
  { address: '127.0.0.1', host: '127.0.0.1' },
  { address: '::1', host: '0:0:0:0' },
  { address: '::', host: '0:0:0:0' },
  { address: '2001:db8:1:2:3:4:5:6', host: '2001:db8:1:2' },
  { address: '2001:db8:1:2::6', host: '2001:db8:1:2' },
  { address: '2001:db8::1', host: '2001:db8:0:0' },
  { address: 'fe80::1%eth0', host: 'fe80:0:0:0' },
])('B-BRUTE the host of $address is $host', ({ address, host }) => {
  expect(hostOf(address)).toBe(host)
})
