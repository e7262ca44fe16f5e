/** Groups of 16 bits in the network part of an IPv6 address. */
const networkGroups = 4
const mappedPrefix = '::ffff:'
const linkLocal = /^fe80:/i
/** Characters of an address, whose last 32 bits may be written as in IPv4, and a zone. */
const ipv6Text = /^[0-9a-f:.]+(%.*)?$/i

/**
 * Returns whether two addresses belong to one host. Two IPv6 addresses of one /64 network do belong
 * to one host. Link-local addresses must be equal, because all hosts on the link share the network.
 *
 * @param left - Numeric address, as Node reports addresses. Text that is no address matches
 *   identical text only.
 * @param right - Like `left`.
 */
export function isSameHost(left: string, right: string): boolean {
  if (left === right) return true
  if (!left.includes(':') && !right.includes(':')) return false
  if (linkLocal.test(left)) return left.toLowerCase() === right.toLowerCase()
  return hostOf(left) === hostOf(right)
}

/**
 * Returns the host of an address: an IPv4 address, or the /64 network in which an IPv6 host chooses
 * its addresses.
 *
 * @param address - Numeric, as Node reports it; any other text is its own host.
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
