import { addressDigits } from './host-of.js'
import { shown } from './option-checks.js'

const bitsPerDigit = 4
/** Number of hexadecimal digits of an IPv4 address. */
export const ipv4DigitCount = 8
/** Number of bits in an IPv4 address. */
const ipv4Bits = 32
const ipv6Bits = 128

/** A network of IP addresses: its first `bits` bits as hexadecimal digits, padded with zeros. */
export interface AddressPrefix {
  readonly digits: string
  readonly bits: number
}

/**
 * Parses an address, or a network such as `10.0.0.0/8`. Ignores the bits behind the length, so
 * `10.1.2.3/8` is the same network. `::ffff:10.0.0.0/104` is `10.0.0.0/8`.
 *
 * @returns `undefined` if the text is neither, or has a zone (`fe80::1%eth0`). Such an address is
 * valid on one interface only, but the options for addresses apply to all.
 */
export function parsePrefix(text: string): AddressPrefix | undefined {
  const [address = '', length, ...more] = text.split('/')
  const digits = address.includes('%') ? undefined : addressDigits(address)
  if (digits === undefined || more.length > 0) return undefined
  const all = digits.length * bitsPerDigit
  // An IPv4 network in IPv6 notation counts its bits from the beginning of the IPv6 address.
  const leading = all === ipv4Bits && address.includes(':') ? ipv6Bits - ipv4Bits : 0
  const bits = length === undefined ? all : (lengthOf(length) ?? Number.NaN) - leading
  if (!(bits >= 0 && bits <= all)) return undefined
  return { digits: withoutRest(digits, bits), bits }
}

/**
 * Returns whether a text is an address, or a network such as `10.0.0.0/8`, of the form that all
 * options for addresses expect.
 */
export const isNetwork = (text: string): boolean => parsePrefix(text) !== undefined

/**
 * Checks and parses an address, or a network such as `10.0.0.0/8`.
 *
 * @param name - Name of the option or argument, for the message.
 * @throws {TypeError} If the value is neither.
 */
export function checkPrefix(name: string, value: unknown): AddressPrefix {
  const prefix = typeof value === 'string' ? parsePrefix(value) : undefined
  if (prefix !== undefined) return prefix
  const zone = typeof value === 'string' && value.includes('%') ? ' without a zone' : ''
  const expected = `an address or a network such as '10.0.0.0/8'${zone}`
  throw new TypeError(`${name} must be ${expected}, got ${shown(value)}`)
}

/**
 * Checks and parses a list of addresses and networks.
 *
 * @throws {TypeError} Names the wrong entry.
 */
export function checkPrefixes(name: string, values: unknown): readonly AddressPrefix[] {
  if (Array.isArray(values)) {
    return values.map((value, index) => checkPrefix(`${name}[${index}]`, value))
  }
  throw new TypeError(`${name} must be a list of addresses, got ${shown(values)}`)
}

/**
 * Returns the larger network that has only the first `bits` bits of `prefix`; `prefix` itself if it
 * is that large already.
 */
export function widened(prefix: AddressPrefix, bits: number): AddressPrefix {
  return bits < prefix.bits ? { digits: withoutRest(prefix.digits, bits), bits } : prefix
}

/**
 * Formats a network as text, such as `10.0.0.0/8`. A network of a single host is formatted as an
 * address.
 */
export function prefixText({ digits, bits }: AddressPrefix): string {
  if (digits.length * bitsPerDigit === ipv4Bits) {
    const parts = digits.match(/../g)?.map((part) => Number.parseInt(part, 16)) ?? []
    return bits === ipv4Bits ? parts.join('.') : `${parts.join('.')}/${bits}`
  }
  const groups = digits.match(/.{4}/g)?.map((group) => group.replace(/^0{1,3}/, '')) ?? []
  if (bits === ipv6Bits) return groups.join(':')
  const used = groups.slice(0, Math.ceil(bits / 16))
  while (used.at(-1) === '0') used.pop()
  return used.length === groups.length ? `${used.join(':')}/${bits}` : `${used.join(':')}::/${bits}`
}

/**
 * Returns whether a network contains an address, which must be a result of {@link addressDigits}.
 */
export function isInPrefix({ digits, bits }: AddressPrefix, address: string): boolean {
  return address.length === digits.length && firstBits(address, bits) === firstBits(digits, bits)
}

/**
 * Returns the hexadecimal digits of the first `bits` bits of an address; the unused bits of the last digit are zero.
 *
 * @param digits - Hexadecimal digits of the address.
 */
export function firstBits(digits: string, bits: number): string {
  const whole = Math.floor(bits / bitsPerDigit)
  const rest = bits % bitsPerDigit
  if (rest === 0) return digits.slice(0, whole)
  const last = Number.parseInt(digits[whole] ?? '0', 16)
  const mask = (0xf << (bitsPerDigit - rest)) & 0xf
  return digits.slice(0, whole) + (last & mask).toString(16)
}

/**
 * Returns the hexadecimal digits of an address with all bits after the first `bits` set to zero.
 */
const withoutRest = (digits: string, bits: number): string =>
  firstBits(digits, bits).padEnd(digits.length, '0')

const lengthOf = (text: string): number | undefined =>
  /^(0|[1-9]\d{0,2})$/.test(text) ? Number(text) : undefined
