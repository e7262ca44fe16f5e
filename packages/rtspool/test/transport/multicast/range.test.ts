import { describe, expect, it } from 'vitest'
import { addressAt, parseMulticastRange } from '../../../src/transport/multicast/range.js'

describe('a range of multicast addresses', () => {
  it.each([
    { text: '239.255.12.0/24', count: 256, first: '239.255.12.0', last: '239.255.12.255' },
    { text: '239.255.12.7/24', count: 256, first: '239.255.12.0', last: '239.255.12.255' },
    { text: '239.1.2.3', count: 1, first: '239.1.2.3', last: '239.1.2.3' },
    { text: '239.0.0.0/8', count: 2 ** 24, first: '239.0.0.0', last: '239.255.255.255' },
    // Group 0 of IPv6 is reserved.
    { text: 'ff15::/120', count: 255, first: 'ff15::1', last: 'ff15::ff' },
    { text: 'ff15::/16', count: 2 ** 24 - 1, first: 'ff15::1', last: 'ff15::ff:ffff' },
    { text: 'ff15::abcd', count: 1, first: 'ff15::abcd', last: 'ff15::abcd' },
    { text: 'FF05:0:0:1::2:3', count: 1, first: 'ff05::1:0:0:2:3', last: 'ff05::1:0:0:2:3' },
    {
      text: 'ff15:0:0:1:2:3:4:5',
      count: 1,
      first: 'ff15::1:2:3:4:5',
      last: 'ff15::1:2:3:4:5',
    },
    {
      text: 'ff15:1:2:3:4:5:0:0',
      count: 1,
      first: 'ff15:1:2:3:4:5::',
      last: 'ff15:1:2:3:4:5::',
    },
    {
      text: 'ff15:1:2:3:4:5:6:7',
      count: 1,
      first: 'ff15:1:2:3:4:5:6:7',
      last: 'ff15:1:2:3:4:5:6:7',
    },
  ])('reads $text', ({ text, count, first, last }) => {
    const range = parseMulticastRange(text)
    expect(range.count).toBe(count)
    expect(addressAt(range, 0)).toBe(first)
    expect(addressAt(range, count - 1)).toBe(last)
  })

  it.each([
    '',
    'camera',
    '127.0.0.1',
    '192.168.1.0/24',
    '240.0.0.0/4',
    '224.0.0.0/3',
    '224.0.0.5',
    '224.0.0.0/24',
    '239.1.2.3/33',
    '239.1.2.3/',
    '239.1.2.3/24/24',
    'fe80::1',
    'fe00::/7',
    'ff15::/129',
  ])('refuses %j', (text) => {
    expect(() => parseMulticastRange(text)).toThrow(
      new RangeError(
        `expected multicast addresses such as 239.255.12.0/24 or ff15::/16, got '${text}'`,
      ),
    )
  })
})
