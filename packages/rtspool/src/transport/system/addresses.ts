import { networkInterfaces } from 'node:os'

/**
 * Converts an IPv4 address from its IPv6 form (`::ffff:`), in which a socket for both families reports it. Other
 * addresses stay.
 */
export function plainAddress(address = ''): string {
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address
}

/** Formats `host:port` for a URI. An IPv6 address gets brackets. */
export function authorityOf(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** Returns whether a numeric address belongs to this machine, to the loopback or to another interface. */
export function isOwnAddress(address: string): boolean {
  // Every address in 127.0.0.0/8 belongs to the loopback interface, but only one is listed.
  if (address.startsWith('127.')) return true
  const numeric = address.split('%')[0]
  return Object.values(networkInterfaces()).some((own) =>
    own?.some((each) => each.address === numeric),
  )
}
