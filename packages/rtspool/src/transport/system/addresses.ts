import { networkInterfaces } from 'node:os'

/**
 * Removes the IPv6 notation of an IPv4 address, which sockets that listen on both families report.
 */
export function plainAddress(address = ''): string {
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address
}

/** Formats `host:port` for a URI, with an IPv6 address in brackets. */
export function authorityOf(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** True if a numeric address belongs to this machine: to the loopback or to any other interface. */
export function isOwnAddress(address: string): boolean {
  // Every address in 127.0.0.0/8 belongs to the loopback interface, but only one is listed.
  if (address.startsWith('127.')) return true
  const numeric = address.split('%')[0]
  return Object.values(networkInterfaces()).some((own) =>
    own?.some((each) => each.address === numeric),
  )
}
