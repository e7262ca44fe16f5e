import { BlockList, isIP, isIPv6 } from 'node:net'

/** Set of addresses and networks, such as `10.0.0.0/8` and `fd00::1`. */
export class Networks {
  readonly #list = new BlockList()

  /**
   * Creates the set.
   *
   * @param entries - Addresses and networks, which the caller has checked.
   */
  constructor(entries: readonly string[]) {
    for (const entry of entries) {
      const [address = '', length] = entry.split('/')
      const type = isIPv6(address) ? 'ipv6' : 'ipv4'
      const bits = type === 'ipv6' ? 128 : 32
      this.#list.addSubnet(address, length === undefined ? bits : Number(length), type)
    }
  }

  /**
   * Returns whether the set contains an address.
   *
   * @param address - Numeric, with or without a zone.
   */
  has(address: string): boolean {
    const [plain = ''] = address.split('%')
    return isIP(plain) !== 0 && this.#list.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4')
  }
}

/**
 * Loopback and private networks. A proxy there probably belongs to the operator, and may be missing in `trustedProxies`
 * by mistake.
 */
export const nearNetworks = new Networks([
  ...['127.0.0.0/8', '::1', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
])
