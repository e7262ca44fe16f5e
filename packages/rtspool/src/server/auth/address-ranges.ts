import { BlockList, isIP } from 'node:net'
import { shown } from '../../option-checks.js'

/** Addresses and networks that an option lists. */
export class AddressRanges {
  readonly #name: string
  readonly #list = new BlockList()

  /**
   * @param name - Name of the option, for messages.
   * @param addresses - Addresses, or networks such as `10.0.0.0/8` or `fd00::/8`.
   * @throws {TypeError} Names the entry that is neither.
   */
  constructor(name: string, addresses: readonly string[]) {
    this.#name = name
    if (!Array.isArray(addresses)) {
      throw new TypeError(`${name} must be a list of addresses, got ${shown(addresses)}`)
    }
    for (const text of addresses as readonly unknown[]) this.#add(text)
  }

  /**
   * Returns whether a range contains an address.
   *
   * @param address - Numeric address, as Node reports it.
   */
  has(address: string): boolean {
    const [plain = ''] = address.split('%')
    const version = isIP(plain)
    return version !== 0 && this.#list.check(plain, version === 4 ? 'ipv4' : 'ipv6')
  }

  #add(text: unknown): void {
    const [address = '', length, ...more] = typeof text === 'string' ? text.split('/') : []
    const version = isIP(address)
    const bits = version === 4 ? 32 : 128
    const isLength = length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= bits)
    if (version === 0 || !isLength || more.length > 0) {
      const expected = "addresses and networks such as '10.0.0.0/8'"
      throw new TypeError(`${this.#name} must be ${expected}, got ${shown(text)}`)
    }
    const type = version === 4 ? 'ipv4' : 'ipv6'
    this.#list.addSubnet(address, length === undefined ? bits : Number(length), type)
  }
}
