import { type AddressPrefix, checkPrefixes, isInPrefix } from '../../address-prefix.js'
import { addressDigits } from '../../host-of.js'

/** Set of addresses and networks that an option lists. */
export class AddressRanges {
  readonly #prefixes: readonly AddressPrefix[]

  /**
   * Parses a list of addresses and networks.
   *
   * @param name - Name of the option that contains the list, for messages.
   * @param addresses - Addresses, or networks such as `10.0.0.0/8` or `fd00::/8`.
   * @throws {TypeError} Names the entry that is neither.
   */
  constructor(name: string, addresses: readonly string[]) {
    this.#prefixes = checkPrefixes(name, addresses)
  }

  /**
   * Returns whether the list contains an address, itself or in one of its networks.
   *
   * @param address - Numeric address, as Node reports it.
   */
  has(address: string): boolean {
    const digits = addressDigits(address)
    return digits !== undefined && this.#prefixes.some((prefix) => isInPrefix(prefix, digits))
  }
}
