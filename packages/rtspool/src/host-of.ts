/** Groups of 16 bits of the network part of an IPv6 address. */
const networkGroups = 4
const mappedPrefix = '::ffff:'
/** Characters of an address, the last 32 bits perhaps as in IPv4, and a zone. */
const ipv6Text = /^[0-9a-f:.]+(%.*)?$/i

/**
 * Whether two addresses are those of one host: IPv6 addresses of one network of 64 bits are, except link-local ones,
 * whose network is everybody on the link.
 *
 * @param left - Numeric, as Node reports it; other text is the same host as the same text only. So is `right`.
 */
export function isSameHost(left: string, right: string): boolean {
  if (left === right) return true
  if (!left.includes(':') || left.startsWith('fe80:')) return false
  return hostOf(left) === hostOf(right)
}

/**
 * What counts as one host: an IPv4 address, or the network of 64 bits that an IPv6 host chooses its addresses from.
 *
 * @param address - Numeric, as Node reports it; other text is a host of its own.
 * @see RFC 8981
 */
export function hostOf(address: string): string {
  if (!address.includes(':') || !ipv6Text.test(address)) return address
  const [plain = ''] = address.toLowerCase().split('%')
  if (plain.startsWith(mappedPrefix) && plain.includes('.')) return plain.slice(mappedPrefix.length)
  const [head = '', tail] = plain.split('::')
  const groups = head === '' ? [] : head.split(':')
  if (tail === undefined) return groups.length === 8 ? networkOf(groups) : address
  const rest = tail === '' ? [] : tail.split(':')
  while (groups.length + rest.length < 8) groups.push('0')
  return networkOf([...groups, ...rest])
}

const networkOf = (groups: readonly string[]): string => groups.slice(0, networkGroups).join(':')
