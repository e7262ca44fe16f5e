import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressDigits } from '../../../src/host-of.js'
import {
  type AddressPrefix,
  isInPrefix,
  PrefixTable,
  parsePrefix,
  prefixText,
} from '../../../src/session-pool/structures/prefix-table.js'

const digitsOf = (address: string) => addressDigits(address) as string
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
    ['2001:db8::7', '2001:db8::/64'],
    ['2001:DB8:1:2:3:4:5:6/112', '2001:db8:1:2::/64'],
    ['2001:db8::/31', '2001:db8::/31'],
    ['2001:db9::/31', '2001:db8::/31'],
    ['::/0', '::/0'],
    ['::1', '::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0:0:0:0:1'],
    ['64:ff9b::192.0.2.7', '64:ff9b::/64'],
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
  ])('refuses %j', (text) => {
    expect(parsePrefix(text)).toBeUndefined()
  })
})

const addresses = fc.oneof(fc.ipV4(), fc.ipV6())
const networks = fc
  .tuple(addresses, fc.nat(128))
  .map(([address, bits]) => `${address}/${address.includes(':') ? bits : bits % 33}`)

describe('PrefixTable', () => {
  it('finds what a scan of all prefixes finds', () => {
    fc.assert(
      fc.property(
        fc.array(networks, { maxLength: 20 }),
        fc.array(addresses, { maxLength: 20 }),
        fc.nat(20),
        (texts, others, removed) => {
          const table = new PrefixTable<string>()
          const held = new Map<string, AddressPrefix>()
          for (const text of texts) {
            if (held.has(text)) continue
            held.set(text, prefixOf(text))
            table.add(prefixOf(text), text)
          }
          for (const text of texts.slice(0, removed)) {
            table.delete(prefixOf(text), text)
            held.delete(text)
          }
          for (const address of [...others, ...texts.map((text) => text.split('/')[0] ?? '')]) {
            const digits = digitsOf(address)
            const found = table.find(digits, () => true)
            const containing = [...held.values()].filter((prefix) => isInPrefix(prefix, digits))
            const longest = Math.max(-1, ...containing.map(({ bits }) => bits))
            const foundBits = found === undefined ? -1 : (held.get(found)?.bits ?? -2)
            expect(foundBits).toBe(longest)
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  it('passes over values that are not accepted', () => {
    const table = new PrefixTable<string>()
    for (const text of ['10.0.0.0/8', '10.1.0.0/16', '10.1.2.3']) table.add(prefixOf(text), text)
    const digits = digitsOf('10.1.2.3')
    expect(table.find(digits, (text) => text !== '10.1.2.3')).toBe('10.1.0.0/16')
    expect(table.find(digits, (text) => text.endsWith('/8'))).toBe('10.0.0.0/8')
    expect(table.find(digitsOf('11.0.0.1'), () => true)).toBeUndefined()
  })
})
