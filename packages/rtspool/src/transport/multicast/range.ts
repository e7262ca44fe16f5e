import { isIPv4, isIPv6 } from 'node:net'
import { expandIpv6 } from '../system/socket-address.js'

/** A range of consecutive multicast addresses. */
export interface MulticastRange {
  readonly family: 4 | 6
  readonly first: bigint
  readonly count: number
}

/** Maximum number of addresses used of one range. The others of a larger range, as IPv6 ranges are, stay unused. */
const maxAddresses = 2 ** 24
const bitsOf = Object.freeze({ 4: 32, 6: 128 })
/**
 * First 24 bits of 224.0.0.0/24, which is reserved for routing protocols and never forwarded by routers (RFC 5771
 * section 4).
 */
const localControl = 0xe0_00_00n
const localControlBits = 8n

/**
 * Parses a range such as `239.255.12.0/24` or `ff15::/16`, or a single address.
 *
 * @throws {RangeError} If the text is not a range of multicast addresses, or lies in 224.0.0.0/24.
 */
export function parseMulticastRange(text: string): MulticastRange {
  const [address = '', prefix, ...rest] = text.split('/')
  const family = isIPv4(address) ? 4 : isIPv6(address) ? 6 : refuse(text)
  const bits = bitsOf[family]
  const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : bits + 1
  const hostBits = BigInt(bits - length)
  if (rest.length > 0 || hostBits < 0n) refuse(text)
  const value = family === 4 ? ipv4Value(address) : ipv6Value(address)
  const network = (value >> hostBits) << hostBits
  const isMulticast = family === 4 ? network >> 28n === 0xen : network >> 120n === 0xffn
  // A prefix shorter than that of the multicast address space would reach beyond it.
  if (!isMulticast || length < (family === 4 ? 4 : 8)) refuse(text)
  if (family === 4 && network >> localControlBits === localControl) refuse(text)
  // RFC 4291 section 2.7.1: group 0 of IPv6 is reserved.
  const skipped = family === 6 && hostBits > 0n ? 1 : 0
  const size = hostBits > 24n ? maxAddresses : 2 ** Number(hostBits)
  return Object.freeze({ family, first: network + BigInt(skipped), count: size - skipped })
}

/** Returns an address of a range as text. @param index - Position in the range, from 0. */
export function addressAt({ family, first }: MulticastRange, index: number): string {
  const value = first + BigInt(index)
  return family === 4 ? ipv4Text(Number(value)) : ipv6Text(value)
}

function refuse(text: string): never {
  throw new RangeError(
    `expected multicast addresses such as 239.255.12.0/24 or ff15::/16, got '${text}'`,
  )
}

function ipv4Value(address: string): bigint {
  return address.split('.').reduce((value, byte) => value * 256n + BigInt(byte), 0n)
}

function ipv6Value(address: string): bigint {
  return expandIpv6(address).reduce((value, group) => value * 65_536n + BigInt(group), 0n)
}

function ipv4Text(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff).join('.')
}

/** Formats an IPv6 address and leaves out its longest run of zeros (RFC 5952 section 4.2). */
function ipv6Text(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) =>
    Number((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16),
  )
  const text = groups.join(':')
  const runs = [...text.matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)]
  const longest = runs.sort((a, b) => b[0].length - a[0].length)[0]
  if (!longest) return text
  const end = longest.index + longest[0].length
  return `${text.slice(0, longest.index)}::${text.slice(end + 1)}`
}
