import { isIPv4 } from 'node:net'
import type { NetworkInterfaceInfo } from 'node:os'

/** An IPv4 address of this machine, and the mask of its network. */
export interface OwnAddress {
  readonly address: string
  readonly netmask: string
}

/** Network interfaces by name, as `networkInterfaces()` of Node returns them. */
export type NetworkInterfaces = NodeJS.Dict<NetworkInterfaceInfo[]>

/**
 * Returns the IPv4 addresses to which a host refers, as one list for each network interface.
 *
 * @param host - IPv4 address of this machine; 0.0.0.0 or `::` = all interfaces.
 * @returns An empty list if no interface has such an address.
 */
export function ownAddresses(
  host: string,
  interfaces: NetworkInterfaces,
): readonly (readonly OwnAddress[])[] {
  const isAny = host === '0.0.0.0' || host === '::'
  const lists = new Map<string, OwnAddress[]>()
  for (const [name, addresses = []] of Object.entries(interfaces)) {
    for (const { family, address, netmask } of addresses) {
      if (family !== 'IPv4') continue
      // Linux: `eth0:1` is another address of eth0.
      const [device = name] = name.split(':')
      // 127.0.0.2 belongs to the loopback, which has only 127.0.0.1 in its list.
      const isLoopback = isIPv4(host) && isLocal(host) && isLocal(address)
      const own = isAny || address === host ? address : isLoopback ? host : undefined
      const list = lists.get(device) ?? []
      if (own === undefined || list.some((each) => each.address === own)) continue
      lists.set(device, [...list, { address: own, netmask }])
    }
  }
  return [...lists.values()]
}

const isLocal = (address: string): boolean => address.startsWith('127.')

/** Returns whether an IPv4 address is in the network of an own one. */
export function isWithin(address: string, { address: own, netmask }: OwnAddress): boolean {
  const [mask, others] = [partsOf(netmask), partsOf(own)]
  return partsOf(address).every((part, at) => ((part ^ (others[at] ?? 0)) & (mask[at] ?? 0)) === 0)
}

const partsOf = (address: string): readonly number[] => address.split('.').map(Number)
