import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'

/** One network interface, as sockets of each family want it named. */
export interface MulticastInterface {
  /** Its IPv4 address, where it has one: also the source address of what leaves there. */
  readonly ipv4: string | undefined
  /** `::%name`, where it has an IPv6 address. */
  readonly ipv6: string | undefined
}

/**
 * Finds an interface of this machine.
 *
 * @param text - Its name (`eth0`) or one of its addresses.
 * @throws {RangeError} When there is no such interface.
 */
export function findMulticastInterface(text: string): MulticastInterface {
  for (const [name, addresses = []] of Object.entries(networkInterfaces())) {
    const numeric = text.split('%')[0]
    const own = addresses.find(({ address }) => address === numeric)
    if (name !== text && !own) continue
    const ipv4 = own?.family === 'IPv4' ? own : addresses.find(({ family }) => family === 'IPv4')
    const hasIpv6 = addresses.some(({ family }) => family === 'IPv6')
    return { ipv4: ipv4?.address, ipv6: hasIpv6 ? `::%${name}` : undefined }
  }
  // Every address of 127.0.0.0/8 is the loopback's; only one is listed.
  if (isIP(text) === 4 && text.startsWith('127.')) return { ipv4: text, ipv6: undefined }
  throw new RangeError(`expected a network interface of this machine, got '${text}'`)
}
