import { describe, expect, it } from 'vitest'
import {
  isWithin,
  type NetworkInterfaces,
  ownAddresses,
} from '../../../src/camera/onvif/own-addresses.js'

const entry = (address: string, netmask: string) => ({
  ...{ address, netmask, family: 'IPv4' as const, mac: '', internal: false, cidr: null },
})

const interfaces: NetworkInterfaces = {
  lo: [entry('127.0.0.1', '255.0.0.0')],
  eth0: [entry('192.0.2.1', '255.255.255.0'), entry('198.51.100.1', '255.255.255.128')],
  'eth0:1': [entry('203.0.113.1', '255.255.255.0')],
  eth1: [
    { ...entry('2001:db8::1', 'ffff:ffff::'), family: 'IPv6', scopeid: 0 },
    entry('10.0.0.1', '255.0.0.0'),
  ],
  tun0: [{ ...entry('fe80::1', 'ffff::'), family: 'IPv6', scopeid: 3 }],
}

const addressesOf = (host: string) =>
  ownAddresses(host, interfaces).map((list) => list.map(({ address }) => address))

describe('ownAddresses', () => {
  it.each(['0.0.0.0', '::'])('lists all addresses by interface for %s', (host) => {
    expect(addressesOf(host)).toEqual([
      ['127.0.0.1'],
      ['192.0.2.1', '198.51.100.1', '203.0.113.1'],
      ['10.0.0.1'],
    ])
  })

  it.each([
    ['198.51.100.1', [['198.51.100.1']]],
    ['127.0.0.2', [['127.0.0.2']]],
    ['192.0.2.77', []],
    ['2001:db8::1', []],
    ['localhost', []],
  ])('finds %s', (host, expected) => {
    expect(addressesOf(host)).toEqual(expected)
  })
})

describe('isWithin', () => {
  it.each([
    ['198.51.100.127', true],
    ['198.51.100.128', false],
    ['198.51.101.1', false],
  ])('tells whether %s is in a network of 25 bits', (address, expected) => {
    expect(isWithin(address, { address: '198.51.100.1', netmask: '255.255.255.128' })).toBe(
      expected,
    )
  })
})
