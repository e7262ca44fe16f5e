import { addressDigits } from '../../host-of.js'

const bitsPerDigit = 4
/** Number of bits in an IPv4 address; an IPv6 address has the next number. */
const ipv4Bits = 32
const ipv6Bits = 128
/**
 * Number of bits in the network of an IPv6 host, which chooses the remaining bits by itself (RFC
 * 8981).
 */
const ipv6HostBits = 64
/** First hexadecimal digits of link-local addresses. All hosts on a link share that network. */
const linkLocal = 'fe80'

/** A network: its first `bits` bits as hexadecimal digits, filled up with zeros. */
export interface AddressPrefix {
  readonly digits: string
  readonly bits: number
}

/**
 * Parses an address, or a network such as `10.0.0.0/8`. An IPv6 address or a network of more than
 * 64 bits becomes its network of 64 bits, except link-local ones. `::ffff:10.0.0.0/104` is
 * `10.0.0.0/8`.
 *
 * @returns `undefined` if the text is neither.
 */
export function parsePrefix(text: string): AddressPrefix | undefined {
  const [address = '', length, ...more] = text.split('/')
  const digits = addressDigits(address)
  if (digits === undefined || more.length > 0) return undefined
  const all = digits.length * bitsPerDigit
  // An IPv4 network in IPv6 notation counts its bits from the beginning of the IPv6 address.
  const leading = all === ipv4Bits && address.includes(':') ? ipv6Bits - ipv4Bits : 0
  const given = length === undefined ? all : (lengthOf(length) ?? Number.NaN) - leading
  if (!(given >= 0 && given <= all)) return undefined
  const isHost = all === ipv6Bits && given > ipv6HostBits && !digits.startsWith(linkLocal)
  const bits = isHost ? ipv6HostBits : given
  return { digits: firstBits(digits, bits).padEnd(digits.length, '0'), bits }
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
 * Values by network. A look-up takes one step for each length of network in use, so at most 32 for
 * IPv4 and 128 for IPv6, however many values there are.
 */
export class PrefixTable<T> {
  /**
   * Values by the bits of their network, in one map for each length of network; the index is the
   * length.
   */
  readonly #ipv4: (Map<string, T[]> | undefined)[] = []
  readonly #ipv6: (Map<string, T[]> | undefined)[] = []

  add({ digits, bits }: AddressPrefix, value: T): void {
    const tables = this.#tablesOf(digits)
    const table = tables[bits] ?? new Map<string, T[]>()
    tables[bits] = table
    const key = firstBits(digits, bits)
    const values = table.get(key)
    if (values === undefined) table.set(key, [value])
    else values.push(value)
  }

  delete({ digits, bits }: AddressPrefix, value: T): void {
    const tables = this.#tablesOf(digits)
    const table = tables[bits]
    const key = firstBits(digits, bits)
    const values = table?.get(key)
    const index = values?.indexOf(value) ?? -1
    if (table === undefined || values === undefined || index < 0) return
    values.splice(index, 1)
    if (values.length > 0) return
    table.delete(key)
    if (table.size === 0) tables[bits] = undefined
  }

  /**
   * Returns the value of the smallest network that contains an address, among the values for which
   * `accepts` returns `true`.
   *
   * @param digits - Result of {@link addressDigits}.
   */
  find(digits: string, accepts: (value: T) => boolean): T | undefined {
    const tables = this.#tablesOf(digits)
    for (let bits = tables.length - 1; bits >= 0; bits--) {
      const found = tables[bits]?.get(firstBits(digits, bits))?.find(accepts)
      if (found !== undefined) return found
    }
    return undefined
  }

  #tablesOf(digits: string): (Map<string, T[]> | undefined)[] {
    return digits.length * bitsPerDigit === ipv4Bits ? this.#ipv4 : this.#ipv6
  }
}

/**
 * Returns the hexadecimal digits of the first bits of an address; the unused bits of the last digit
 * are zero.
 */
function firstBits(digits: string, bits: number): string {
  const whole = Math.floor(bits / bitsPerDigit)
  const rest = bits % bitsPerDigit
  if (rest === 0) return digits.slice(0, whole)
  const last = Number.parseInt(digits[whole] ?? '0', 16)
  const mask = (0xf << (bitsPerDigit - rest)) & 0xf
  return digits.slice(0, whole) + (last & mask).toString(16)
}

const lengthOf = (text: string): number | undefined =>
  /^(0|[1-9]\d{0,2})$/.test(text) ? Number(text) : undefined
