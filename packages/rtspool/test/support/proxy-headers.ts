import { isIPv6 } from 'node:net'
import type { TcpEnds } from '../../src/transport/tcp/tcp-ends.js'

/** A client and the address of a proxy that it has connected to. */
export const v4Ends: TcpEnds = {
  ...{ remoteAddress: '192.0.2.7', remotePort: 40_000 },
  ...{ localAddress: '198.51.100.1', localPort: 554 },
}

export const v6Ends: TcpEnds = {
  ...{ remoteAddress: '2001:db8::7', remotePort: 40_000 },
  ...{ localAddress: '2001:db8::1', localPort: 554 },
}

/** Returns a header of version 1. */
export function proxyLine(ends: TcpEnds): Buffer {
  const { remoteAddress, localAddress, remotePort, localPort } = ends
  const family = isIPv6(remoteAddress) ? 'TCP6' : 'TCP4'
  return Buffer.from(
    `PROXY ${family} ${remoteAddress} ${localAddress} ${remotePort} ${localPort}\r\n`,
  )
}

/** Returns the bytes of an address without `::`, except at the end of the first 32 bits. */
function addressBytes(address: string): number[] {
  if (!isIPv6(address)) return address.split('.').map(Number)
  const [head = '', tail = ''] = address.split('::')
  const groups = (text: string) => text.split(':').map((group) => Number.parseInt(group, 16))
  const [front, back] = [groups(head), groups(tail)]
  const all = [...front, ...Array<number>(8 - front.length - back.length).fill(0), ...back]
  return all.flatMap((group) => [group >> 8, group & 0xff])
}

export interface ProxyBlockInit {
  readonly ends?: TcpEnds
  /** Version and command. */
  readonly command?: number
  /** Family and protocol. */
  readonly family?: number
  /** Bytes after the addresses. */
  readonly more?: Buffer
}

/** Returns a header of version 2. */
export function proxyBlock({ ends, command = 0x21, family, more }: ProxyBlockInit): Buffer {
  const addresses = ends && [ends.remoteAddress, ends.localAddress].flatMap(addressBytes)
  const ports = Buffer.alloc(ends ? 4 : 0)
  if (ends) {
    ports.writeUInt16BE(ends.remotePort, 0)
    ports.writeUInt16BE(ends.localPort, 2)
  }
  const body = Buffer.concat([Buffer.from(addresses ?? []), ports, more ?? Buffer.alloc(0)])
  const head = Buffer.from('\r\n\r\n\0\r\nQUIT\n\0\0\0\0', 'latin1')
  head.writeUInt8(command, 12)
  head.writeUInt8(family ?? (ends && isIPv6(ends.remoteAddress) ? 0x21 : 0x11), 13)
  head.writeUInt16BE(body.length, 14)
  return Buffer.concat([head, body])
}
