import { readFile } from 'node:fs/promises'
import { endianness } from 'node:os'
import { isNode } from '../system/runtime.js'
import { expandIpv6 } from '../system/socket-address.js'
import type { TcpEnds } from './tcp-ends.js'

/**
 * Number of unacknowledged bytes in the kernel of each connection, by {@link tcpName}. Connections without such bytes
 * are omitted.
 */
export type TcpQueues = ReadonlyMap<string, number>

const tables = ['/proc/self/net/tcp', '/proc/self/net/tcp6']
/**
 * Matches a connection with bytes in its send queue: addresses and ports of both ends, and the
 * number of bytes, all in hexadecimal.
 */
const sending =
  /: ([\dA-F]{8,32}:[\dA-F]{4}) ([\dA-F]{8,32}:[\dA-F]{4}) \w\w (?!0{8})([\dA-F]{8}):/g
/** Matches the prefix of an IPv4 address on an IPv6 socket (`::ffff:`), in either byte order. */
const mappedPrefix = /^0{16}(?:FFFF0000|0000FFFF)/

/**
 * Reads the send queues of all TCP connections of the system, or of the container, from Linux's `/proc`. This needs
 * no native calls, but takes longer than they do: some milliseconds for thousands of connections.
 *
 * @returns `undefined` if the runtime is not Node on Linux, or the lists cannot be read.
 */
export async function readTcpQueues(): Promise<TcpQueues | undefined> {
  if (process.platform !== 'linux' || !isNode(process.versions)) return undefined
  try {
    const [ipv4 = '', ipv6 = ''] = await Promise.all(
      tables.map((path, index) => readFile(path, 'latin1').catch(orElseNoIpv6(index))),
    )
    return parseTcpQueues(`${ipv4}${ipv6}`)
  } catch {
    return undefined
  }
}

/**
 * Returns a handler for errors of reading the list with an index. The list of IPv6 is taken as empty, because systems
 * without IPv6 have none; any other error is thrown.
 */
const orElseNoIpv6 =
  (index: number) =>
  (error: unknown): string => {
    if (index === 1) return ''
    throw error
  }

/**
 * Parses text in the form of `/proc/net/tcp` and `/proc/net/tcp6`, one list after the other, to the send queues of all
 * connections.
 */
export function parseTcpQueues(text: string): TcpQueues {
  const queues = new Map<string, number>()
  for (const [, local = '', remote = '', bytes = ''] of text.matchAll(sending)) {
    const name = `${local.replace(mappedPrefix, '')} ${remote.replace(mappedPrefix, '')}`
    queues.set(name, Number.parseInt(bytes, 16))
  }
  return queues
}

/**
 * Returns the name under which {@link TcpQueues} lists a connection.
 *
 * @param byteOrder - Byte order of the machine: Linux writes each 32 bits of an address as a
 * number.
 */
export function tcpName(
  { localAddress, localPort, remoteAddress, remotePort }: TcpEnds,
  byteOrder: 'LE' | 'BE' = endianness(),
): string {
  return `${endName(localAddress, localPort, byteOrder)} ${endName(remoteAddress, remotePort, byteOrder)}`
}

function endName(address: string, port: number, byteOrder: 'LE' | 'BE'): string {
  const [numeric = ''] = address.split('%')
  const bytes = Buffer.alloc(numeric.includes(':') ? 16 : 4)
  if (bytes.length === 4) bytes.set(numeric.split('.').map(Number))
  else for (const [at, group] of expandIpv6(numeric).entries()) bytes.writeUInt16BE(group, 2 * at)
  if (byteOrder === 'LE') bytes.swap32()
  const portName = port.toString(16).padStart(4, '0')
  return `${bytes.toString('hex')}:${portName}`.toUpperCase()
}
