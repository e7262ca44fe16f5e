import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'

/** One network interface, in the form that sockets of each family expect. */
export interface MulticastInterface {
  /** IPv4 address of the interface, if any. Datagrams sent through the interface have it as source address. */
  readonly ipv4: string | undefined
  /** Interface in the form `::%name`, if it has an IPv6 address. */
  readonly ipv6: string | undefined
}

/**
 * Finds an interface of this machine.
 *
 * @param text - Name of the interface (`eth0`) or one of its addresses.
 * @throws {RangeError} If there is no such interface.
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
  // Every address in 127.0.0.0/8 belongs to the loopback interface, but only one is listed.
  if (isIP(text) === 4 && text.startsWith('127.')) return { ipv4: text, ipv6: undefined }
  throw new RangeError(`expected a network interface of this machine, got '${text}'`)
}
