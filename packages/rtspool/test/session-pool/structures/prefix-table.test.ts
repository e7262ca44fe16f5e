import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type AddressPrefix,
  isInPrefix,
  parsePrefix,
  prefixText,
} from '../../../src/address-prefix.js'
import { addressDigits } from '../../../src/host-of.js'
import { PrefixTable } from '../../../src/session-pool/structures/prefix-table.js'

const digitsOf = (address: string) => addressDigits(address) as string
const prefixOf = (text: string) => parsePrefix(text) as AddressPrefix

const addresses = fc.oneof(fc.ipV4(), fc.ipV6())
const networks = fc
  .tuple(addresses, fc.nat(128))
  .map(([address, bits]) => `${address}/${address.includes(':') ? bits : bits % 33}`)

describe('PrefixTable', () => {
  it('finds the networks that a scan finds, smallest first', () => {
    fc.assert(
      fc.property(
        fc.array(networks, { maxLength: 20 }),
        fc.array(addresses, { maxLength: 20 }),
        fc.nat(20),
        (texts, others, removed) => {
          const table = new PrefixTable<string>()
          const held = new Map<string, AddressPrefix>()
          for (const text of texts) {
            held.set(prefixText(prefixOf(text)), prefixOf(text))
            table.set(prefixOf(text), prefixText(prefixOf(text)))
          }
          for (const text of texts.slice(0, removed)) {
            held.delete(prefixText(prefixOf(text)))
            table.delete(prefixOf(text))
          }
          for (const text of texts) {
            const name = prefixText(prefixOf(text))
            expect(table.get(prefixOf(text))).toBe(held.has(name) ? name : undefined)
          }
          for (const address of [...others, ...texts.map((text) => text.split('/')[0] ?? '')]) {
            const digits = digitsOf(address)
            const found: string[] = []
            table.find(digits, (name) => void found.push(name))
            const containing = [...held]
              .filter(([, prefix]) => isInPrefix(prefix, digits))
              .sort(([, left], [, right]) => right.bits - left.bits)
            expect(found).toEqual(containing.map(([name]) => name))
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  it('continues with a larger network until a value is picked', () => {
    const table = new PrefixTable<string>()
    for (const text of ['10.0.0.0/8', '10.1.0.0/16', '10.1.2.3']) table.set(prefixOf(text), text)
    const digits = digitsOf('10.1.2.3')
    const pick = (isWanted: (text: string) => boolean) => (text: string) =>
      isWanted(text) ? `${text}!` : undefined
    expect(
      table.find(
        digits,
        pick((text) => text !== '10.1.2.3'),
      ),
    ).toBe('10.1.0.0/16!')
    expect(
      table.find(
        digits,
        pick((text) => text.endsWith('/8')),
      ),
    ).toBe('10.0.0.0/8!')
    expect(
      table.find(
        digitsOf('11.0.0.1'),
        pick(() => true),
      ),
    ).toBeUndefined()
  })
})
