import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'

/** One network interface, in the form that sockets of each family expect. */
export interface MulticastInterface {
  /** IPv4 address of the interface, if any. Datagrams sent through the interface have it as source address. */
  readonly ipv4: string | undefined
  /** Interface in the form `::%name`, which sockets of IPv6 expect; `undefined` if it has no IPv6 address. */
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

/**
 * Returns the interface for a multicast group in the form that `dgram` expects: an IPv4 address, or `::%name`.
 *
 * @param text - Name or address of the interface. Default: the interface with `localAddress`.
 * @param localAddress - Numeric address of this machine on its connection to the sender.
 * @returns `undefined` if the routes of the system shall decide: by default on the loopback.
 * @throws {RangeError} If there is no such interface, or the interface has no address of the family.
 */
export function interfaceOf(
  text: string | undefined,
  localAddress: string,
  family: 4 | 6,
): string | undefined {
  const isLoopback = localAddress.startsWith('127.') || localAddress === '::1'
  if (text === undefined && isLoopback) return undefined
  const { ipv4, ipv6 } = findMulticastInterface(text ?? localAddress)
  const address = family === 4 ? ipv4 : ipv6
  if (address !== undefined) return address
  throw new RangeError(`the interface ${text ?? localAddress} has no address of IPv${family}`)
}
