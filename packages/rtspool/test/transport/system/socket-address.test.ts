import { syncBuiltinESMExports } from 'node:module'
import os from 'node:os'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  parseSocketAddress,
  serializeSocketAddress,
} from '../../../src/transport/system/socket-address.js'

const eth0 = {
  mac: '02:00:00:00:00:01',
  internal: false,
  netmask: 'ffff:ffff:ffff:ffff::',
  family: 'IPv6',
} as const

beforeEach(() => {
  vi.spyOn(os, 'networkInterfaces').mockReturnValue({
    eth0: [
      { ...eth0, address: '2001:db8::1', cidr: '2001:db8::1/64', scopeid: 0 },
      { ...eth0, address: 'fe80::7', cidr: 'fe80::7/64', scopeid: 3 },
    ],
  })
  syncBuiltinESMExports()
})

afterEach(() => {
  vi.mocked(os.networkInterfaces).mockRestore()
  syncBuiltinESMExports()
})

describe('serializeSocketAddress', () => {
  it.each([
    ['127.0.0.1', 8554, `0200216a7f000001${'00'.repeat(8)}`],
    ['255.1.2.3', 1, `02000001ff010203${'00'.repeat(8)}`],
    ['::', 1, `0a000001${'00'.repeat(4)}${'00'.repeat(16)}${'00'.repeat(4)}`],
    ['::1', 1, `0a000001${'00'.repeat(4)}${'00'.repeat(15)}01${'00'.repeat(4)}`],
    [
      '2001:db8::2:1',
      1,
      `0a000001${'00'.repeat(4)}20010db8${'00'.repeat(8)}00020001${'00'.repeat(4)}`,
    ],
    [
      '1:2:3:4:5:6:7:8',
      1,
      `0a000001${'00'.repeat(4)}00010002000300040005000600070008${'00'.repeat(4)}`,
    ],
    [
      '::ffff:10.0.0.1',
      1,
      `0a000001${'00'.repeat(4)}${'00'.repeat(10)}ffff0a000001${'00'.repeat(4)}`,
    ],
    ['fe80::1%eth0', 1, `0a000001${'00'.repeat(4)}fe80${'00'.repeat(13)}0103000000`],
    ['fe80::1%gone', 1, `0a000001${'00'.repeat(4)}fe80${'00'.repeat(13)}0100000000`],
    ['fe80::1%3', 1, `0a000001${'00'.repeat(4)}fe80${'00'.repeat(13)}0103000000`],
  ])('%s port %d', (address, port, expected) => {
    expect(serializeSocketAddress(address, port).toString('hex')).toBe(expected)
  })

  it.each(['localhost', '1.2.3', '1.2.3.256', ''])('refuses %j', (address) => {
    expect(() => serializeSocketAddress(address, 1)).toThrow(RangeError)
  })
})

describe('parseSocketAddress', () => {
  it.each([
    ['127.0.0.1', 8554],
    ['::1', 1],
    ['2001:db8::2:1', 65_535],
    // As Node names the peer of a socket: what came is known by it.
    ['fe80::1%eth0', 5000],
    ['fe80::1%9', 5000],
  ])('reads %s port %d', (address, port) => {
    expect(parseSocketAddress(serializeSocketAddress(address, port))).toEqual({ address, port })
  })
})
