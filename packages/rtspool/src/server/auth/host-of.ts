/** Groups of 16 bits of the network part of an IPv6 address. */
const networkGroups = 4

/**
 * What counts as one host: an IPv4 address, or the network of 64 bits that an IPv6 host chooses its addresses from.
 *
 * @param address - Numeric, as Node reports it.
 */
export function hostOf(address: string): string {
  if (!address.includes(':')) return address
  const [plain = ''] = address.split('%')
  const [head = '', tail] = plain.split('::')
  const groups = head === '' ? [] : head.split(':')
  if (tail !== undefined) {
    const rest = tail === '' ? [] : tail.split(':')
    while (groups.length + rest.length < 8) groups.push('0')
    groups.push(...rest)
  }
  return groups.slice(0, networkGroups).join(':')
}
