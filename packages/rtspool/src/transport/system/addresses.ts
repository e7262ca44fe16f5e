import { networkInterfaces } from 'node:os'

/** IPv4 addresses come in IPv6 notation from a socket that listens on both. */
export function plainAddress(address = ''): string {
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address
}

/** `host:port` of a URI; an IPv6 address in brackets. */
export function authorityOf(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** Whether a numeric address is one of this machine: of the loopback, or of any interface. */
export function isOwnAddress(address: string): boolean {
  // Every address of 127.0.0.0/8 is the loopback's; only one is listed.
  if (address.startsWith('127.')) return true
  const numeric = address.split('%')[0]
  return Object.values(networkInterfaces()).some((own) =>
    own?.some((each) => each.address === numeric),
  )
}
