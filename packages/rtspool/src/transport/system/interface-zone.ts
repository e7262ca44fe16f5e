import { networkInterfaces } from 'node:os'

/**
 * Returns the index of a network interface, from the zone of a link-local IPv6 address (RFC 4007 section 11).
 *
 * @param zone - Name of the interface, as Node writes it, or its index.
 * @returns 0 if no interface has that name. Sending to the address then fails.
 */
export function zoneIndexOf(zone: string): number {
  if (/^\d+$/.test(zone)) return Number(zone)
  const addresses = networkInterfaces()[zone] ?? []
  for (const each of addresses) if (each.family === 'IPv6' && each.scopeid > 0) return each.scopeid
  return 0
}

/** Returns the zone of an interface as Node writes it: the name of the interface, or its index if it has no name. */
export function zoneOf(index: number): string {
  for (const [name, addresses = []] of Object.entries(networkInterfaces())) {
    if (addresses.some((each) => each.family === 'IPv6' && each.scopeid === index)) return name
  }
  return String(index)
}
