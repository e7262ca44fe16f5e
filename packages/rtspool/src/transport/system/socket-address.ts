import { isIPv6, SocketAddress } from 'node:net'
import { zoneIndexOf, zoneOf } from './interface-zone.js'

const afInet = 2
/** Value of the address family AF_INET6 in socket addresses of Linux. */
const afInet6 = 10
/** Size in bytes of `struct sockaddr_in`. */
export const ipv4SocketAddressBytes = 16
/** Size in bytes of `struct sockaddr_in6`. */
export const ipv6SocketAddressBytes = 28

/**
 * Serialises a `struct sockaddr_in` or `sockaddr_in6` of Linux.
 *
 * @param address - Numeric. A link-local IPv6 address has its zone: `%` and the name or index of
 *   the interface.
 * @throws {RangeError} If the address is not numeric.
 */
export function serializeSocketAddress(address: string, port: number): Buffer {
  return isIPv6(address) ? serializeIpv6(address, port) : serializeIpv4(address, port)
}

/**
 * Parses a `struct sockaddr_in` or `sockaddr_in6` of Linux.
 *
 * @returns The address as Node writes it, with its zone.
 */
export function parseSocketAddress(name: Buffer): {
  readonly address: string
  readonly port: number
} {
  const port = name.readUInt16BE(2)
  if (name.readUInt16LE() === afInet) return { address: [...name.subarray(4, 8)].join('.'), port }
  const address = ipv6AddressOf(name.subarray(8))
  const index = name.readUInt32LE(24)
  return { address: index === 0 ? address : `${address}%${zoneOf(index)}`, port }
}

/** Formats 16 bytes as an IPv6 address, as Node writes it: without leading zeros, and with `::` for a run of zeros. */
export function ipv6AddressOf(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(2 * at).toString(16))
  return new SocketAddress({ family: 'ipv6', address: groups.join(':') }).address
}

function serializeIpv4(address: string, port: number): Buffer {
  const bytes = address.split('.').map(Number)
  const isValid = bytes.length === 4 && bytes.every((byte) => byte >= 0 && byte <= 255)
  if (!isValid) throw new RangeError(`expected a numeric address, got '${address}'`)
  const name = Buffer.alloc(ipv4SocketAddressBytes)
  name.writeUInt16LE(afInet, 0)
  name.writeUInt16BE(port, 2)
  name.set(bytes, 4)
  return name
}

function serializeIpv6(address: string, port: number): Buffer {
  const [numeric = '', zone] = address.split('%')
  const name = Buffer.alloc(ipv6SocketAddressBytes)
  name.writeUInt16LE(afInet6, 0)
  name.writeUInt16BE(port, 2)
  const groups = expandIpv6(numeric)
  groups.forEach((group, index) => {
    name.writeUInt16BE(group, 8 + 2 * index)
  })
  name.writeUInt32LE(zone === undefined ? 0 : zoneIndexOf(zone), 24)
  return name
}

/** Returns the eight 16-bit groups of an IPv6 address without zone. The address must be valid. */
export function expandIpv6(address: string): number[] {
  const [head = '', tail] = address.split('::')
  const left = groupsOf(head)
  const right = tail === undefined ? [] : groupsOf(tail)
  const gap = tail === undefined ? 0 : 8 - left.length - right.length
  return [...left, ...new Array<number>(gap).fill(0), ...right]
}

function groupsOf(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return Number.parseInt(group, 16)
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number)
    return [a * 256 + b, c * 256 + d]
  })
}
