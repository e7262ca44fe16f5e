/** Number of 16-bit groups in the network part of an IPv6 address. */
const networkGroups = 4
const ipv4DigitCount = 8
/** The usual beginning of an IPv4 address in IPv6 notation (RFC 4291, section 2.5.5.2). */
const mappedPrefix = '::ffff:'
/** Hexadecimal digits of `::ffff:`, the prefix of IPv4 addresses in IPv6 notation: 80 zero bits, then 16 one bits. */
const mappedDigits = `${'0'.repeat(20)}ffff`
const linkLocal = /^fe80:/i
const ipv6Groups = 8
/** Matches one of the four decimal numbers of an IPv4 address, without leading zeros. */
const ipv4Part = /^(0|[1-9]\d{0,2})$/
/**
 * Matches the characters of an IPv6 address, whose last 32 bits may be written as in IPv4, and
 * which may have a zone.
 */
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
  const digits = address.includes(':') ? addressDigits(address) : undefined
  if (digits === undefined) return address
  if (digits.length === ipv4DigitCount) return dotted(digits)
  return Array.from({ length: networkGroups }, (_, group) =>
    Number.parseInt(digits.slice(group * 4, group * 4 + 4), 16).toString(16),
  ).join(':')
}

/**
 * Returns an address as hexadecimal digits: 8 for IPv4, also in IPv6 notation (`::ffff:192.0.2.1`),
 * and 32 for IPv6.
 *
 * @returns `undefined` if the text is no numeric address. The zone of a link-local address is left
 *   out.
 */
export function addressDigits(address: string): string | undefined {
  if (!address.includes(':')) return ipv4Digits(address)
  if (!ipv6Text.test(address)) return undefined
  const plain = withoutZone(address).toLowerCase()
  if (plain.startsWith(mappedPrefix) && plain.includes('.')) {
    return ipv4Digits(plain.slice(mappedPrefix.length))
  }
  if (plain.split('::').length > 2) return undefined
  const tail = plain.slice(plain.lastIndexOf(':') + 1)
  const embedded = tail.includes('.') ? ipv4Digits(tail) : undefined
  const whole =
    embedded === undefined
      ? plain
      : `${plain.slice(0, -tail.length)}${embedded.slice(0, 4)}:${embedded.slice(4)}`
  const groups = groupsOf(whole)
  if (groups?.length !== ipv6Groups || !groups.every((group) => /^[0-9a-f]{1,4}$/.test(group))) {
    return undefined
  }
  const digits = groups.map((group) => group.padStart(4, '0')).join('')
  return digits.startsWith(mappedDigits) ? digits.slice(mappedDigits.length) : digits
}

/** Writes 8 hexadecimal digits as an IPv4 address. */
const dotted = (digits: string): string =>
  [0, 2, 4, 6].map((at) => Number.parseInt(digits.slice(at, at + 2), 16)).join('.')

/** Returns the 8 hexadecimal digits of a dotted IPv4 address; `undefined` if the text is none. */
function ipv4Digits(address: string): string | undefined {
  const parts = address.split('.')
  const isValid = parts.length === 4 && parts.every((part) => ipv4Part.test(part))
  if (!isValid || parts.some((part) => Number(part) > 255)) return undefined
  return parts.map((part) => Number(part).toString(16).padStart(2, '0')).join('')
}

/** Returns an address without the zone of a link-local address: `fe80::1` for `fe80::1%eth0`. */
export const withoutZone = (address: string): string => address.split('%')[0] ?? ''

/** Returns the eight 16-bit groups of an IPv6 address as text; `undefined` if it has another number of them. */
function groupsOf(plain: string): string[] | undefined {
  const [head = '', tail] = plain.split('::')
  const groups = head === '' ? [] : head.split(':')
  if (tail === undefined) return groups.length === ipv6Groups ? groups : undefined
  const rest = tail === '' ? [] : tail.split(':')
  while (groups.length + rest.length < ipv6Groups) groups.push('0')
  return [...groups, ...rest]
}
