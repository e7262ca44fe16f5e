import { BlockList, isIP, isIPv6 } from 'node:net'

/** Addresses and networks, such as `10.0.0.0/8` and `fd00::1`. */
export class Networks {
  readonly #list = new BlockList()

  /** @param entries - Each an address or a network, checked before. */
  constructor(entries: readonly string[]) {
    for (const entry of entries) {
      const [address = '', length] = entry.split('/')
      const type = isIPv6(address) ? 'ipv6' : 'ipv4'
      const bits = type === 'ipv6' ? 128 : 32
      this.#list.addSubnet(address, length === undefined ? bits : Number(length), type)
    }
  }

  /** @param address - Numeric, with or without a zone. */
  has(address: string): boolean {
    const [plain = ''] = address.split('%')
    return isIP(plain) !== 0 && this.#list.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4')
  }
}
