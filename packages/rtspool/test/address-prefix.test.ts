import { describe, expect, it } from 'vitest'
import {
  type AddressPrefix,
  checkPrefixes,
  isInPrefix,
  isNetwork,
  parsePrefix,
  prefixText,
  widened,
} from '../src/address-prefix.js'
import { addressDigits } from '../src/host-of.js'
import { AddressRanges } from '../src/server/auth/address-ranges.js'
import { SessionPool } from '../src/session-pool/index.js'

const prefixOf = (text: string) => parsePrefix(text) as AddressPrefix

describe('parsePrefix', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['192.0.2.7/24', '192.0.2.0/24'],
    ['192.0.2.130/25', '192.0.2.128/25'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::ffff:cb00:7107', '203.0.113.7'],
    ['0::ffff:1.2.3.4', '1.2.3.4'],
    ['0:0:0:0:0:FFFF:1.2.3.4', '1.2.3.4'],
    ['::ffff:10.1.2.3/104', '10.0.0.0/8'],
    ['::ffff:0:0/96', '0.0.0.0/0'],
    ['2001:db8::7', '2001:db8:0:0:0:0:0:7'],
    ['2001:DB8:1:2:3:4:5:6/112', '2001:db8:1:2:3:4:5::/112'],
    ['2001:db8::/31', '2001:db8::/31'],
    ['2001:db9::/31', '2001:db8::/31'],
    ['::/0', '::/0'],
    ['::1', '0:0:0:0:0:0:0:1'],
    ['64:ff9b::192.0.2.7/96', '64:ff9b::/96'],
  ])('reads %s as %s', (text, expected) => {
    expect(prefixText(prefixOf(text))).toBe(expected)
    expect(prefixOf(prefixText(prefixOf(text)))).toEqual(prefixOf(text))
  })

  it.each([
    '',
    '/8',
    '10.0.0.0/33',
    '::ffff:10.0.0.0/8',
    '::ffff:10.0.0.0/129',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/08',
    '10.0.0',
    '10.0.0.256',
    '10.0.0.01',
    '1:2:3:4:5:6:7',
    '1::2::3',
    '12345::',
    'g::',
    '::/129',
    'localhost',
    'fe80::1%eth0',
    'fe80::%eth0/64',
    'fe80::/64%eth0',
  ])('refuses %j', (text) => {
    expect(parsePrefix(text)).toBeUndefined()
  })
})

describe('a list of addresses', () => {
  const lists = [
    [
      'an access rule',
      (entry: string, address: string) => new AddressRanges('from', [entry]).has(address),
    ],
    [
      'a ban',
      (entry: string, address: string) => {
        using pool = new SessionPool()
        pool.bans.add({ address: entry })
        return pool.bans.find({ address }) !== undefined
      },
    ],
    [
      'an exemption from bans',
      (entry: string, address: string) => {
        const failedLogins = { attempts: 1, windowSeconds: 60, banSeconds: 60 }
        using pool = new SessionPool({ bans: { failedLogins, exempt: [entry] } })
        pool.bans.noteFailedLogin(address)
        return pool.bans.size === 0
      },
    ],
  ] as const

  it.each(lists)('of %s has one rule for each form of an address', (_name, has) => {
    for (const [entry, inside, outside] of [
      ['10.1.2.3/8', '10.255.0.1', '11.0.0.1'],
      ['::ffff:10.0.0.0/104', '10.255.0.1', '11.0.0.1'],
      ['10.0.0.0/8', '::ffff:10.255.0.1', '::ffff:11.0.0.1'],
      ['::ffff:0:0/96', '192.0.2.1', '2001:db8::1'],
      ['0.0.0.0/0', '192.0.2.1', '2001:db8::1'],
      ['::/0', '2001:db8::1', '192.0.2.1'],
      ['2001:db8:0:1::9/56', '2001:db8:0:ff::1', '2001:db8:0:100::1'],
      ['fe80::/64', 'fe80::1%eth0', 'fe80:0:0:1::1%eth0'],
      ['fe80::1', 'fe80::1%eth0', 'fe80::2%eth0'],
    ] as const) {
      expect([entry, has(entry, inside), has(entry, outside)]).toEqual([entry, true, false])
    }
  })

  it.each(lists)('of %s refuses the same texts with the same error', (_name, has) => {
    for (const entry of ['here', '10.0.0.0/33', '::ffff:10.0.0.0/8', 'fe80::1%eth0']) {
      expect(isNetwork(entry)).toBe(false)
      expect(() => has(entry, '10.0.0.1')).toThrow(
        /must be an address or a network such as '10\.0\.0\.0\/8'( without a zone)?, got /,
      )
    }
  })

  it('names the entry that is wrong', () => {
    expect(() => checkPrefixes('trustedProxies', ['::1', 'here'])).toThrow(
      "trustedProxies[1] must be an address or a network such as '10.0.0.0/8', got 'here'",
    )
    expect(() => checkPrefixes('trustedProxies', '::1')).toThrow('must be a list of addresses')
  })

  it('widens a network, and never narrows one', () => {
    const wide = widened(prefixOf('2001:db8:1:2:3::1'), 64)
    expect(prefixText(wide)).toBe('2001:db8:1:2::/64')
    expect(isInPrefix(wide, addressDigits('2001:db8:1:2:ffff::') as string)).toBe(true)
    expect(prefixText(widened(prefixOf('2001:db8::/32'), 64))).toBe('2001:db8::/32')
  })
})
