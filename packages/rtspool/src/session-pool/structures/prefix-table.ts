import { type AddressPrefix, firstBits, ipv4DigitCount } from '../../address-prefix.js'

/**
 * Table with one value for each network of addresses. A look-up takes one step for each length of
 * network in use, so at most 32 for IPv4 and 128 for IPv6, however many values there are.
 */
export class PrefixTable<T> {
  /**
   * IPv4 values in one map for each length of network: the index is the length, and the key is the
   * network's bits.
   */
  readonly #ipv4: (Map<string, T> | undefined)[] = []
  readonly #ipv6: (Map<string, T> | undefined)[] = []

  /** Returns the value stored for exactly this network of addresses; `undefined` if there is none. */
  get({ digits, bits }: AddressPrefix): T | undefined {
    return this.#tablesOf(digits)[bits]?.get(firstBits(digits, bits))
  }

  set({ digits, bits }: AddressPrefix, value: T): void {
    const tables = this.#tablesOf(digits)
    const table = tables[bits] ?? new Map<string, T>()
    tables[bits] = table
    table.set(firstBits(digits, bits), value)
  }

  delete({ digits, bits }: AddressPrefix): void {
    const tables = this.#tablesOf(digits)
    const table = tables[bits]
    table?.delete(firstBits(digits, bits))
    if (table?.size === 0) tables[bits] = undefined
  }

  /**
   * Calls `pick` with the values of the networks that contain an address, smallest network first.
   *
   * @param digits - Hexadecimal digits of the address, from {@link addressDigits}.
   * @param pick - Returns the result, or `undefined` to continue with a larger network.
   * @returns First result of `pick` that is not `undefined`; `undefined` if there is none.
   */
  find<R>(digits: string, pick: (value: T) => R | undefined): R | undefined {
    const tables = this.#tablesOf(digits)
    for (let bits = tables.length - 1; bits >= 0; bits--) {
      if (tables[bits] === undefined) continue
      const value = tables[bits]?.get(firstBits(digits, bits))
      const found = value === undefined ? undefined : pick(value)
      if (found !== undefined) return found
    }
    return undefined
  }

  #tablesOf(digits: string): (Map<string, T> | undefined)[] {
    return digits.length === ipv4DigitCount ? this.#ipv4 : this.#ipv6
  }
}
