import { isIPv4, isIPv6, SocketAddress } from 'node:net'
import { MalformedMessageError, quoteReceived } from '../../errors.js'
import { plainAddress } from '../system/addresses.js'
import { ipv6AddressOf } from '../system/socket-address.js'
import type { TcpEnds } from './tcp-ends.js'

/** A header of the PROXY protocol, and the bytes after it. */
export interface ReadProxyHeader {
  /**
   * Addresses and ports of both ends of the connection between client and proxy. `undefined` if the
   * header contains none: the proxy itself is the client, as for a health check, or its client does
   * not use TCP.
   */
  readonly ends: TcpEnds | undefined
  /** Bytes after the header, as a view of the pushed bytes. */
  readonly rest: Buffer
}

/**
 * Maximum size of a header in bytes. Addresses need 52 bytes, and a proxy may add certificates and
 * cookies of some hundred bytes.
 */
export const maxProxyHeaderBytes = 4096
/** Maximum length in bytes of a header of version 1 (a text line), with CRLF. */
const maxLineBytes = 107

const linePrefix = Buffer.from('PROXY ')
const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n')
/**
 * Length in bytes of the fixed part of version 2: signature, version and command, family and
 * protocol, and the length of the variable part.
 */
const fixedBytes = signature.length + 4

/** A parsed header, and its length in bytes. */
interface Parsed {
  readonly ends: TcpEnds | undefined
  readonly length: number
}

/**
 * Reads one header of the PROXY protocol, version 1 (text) or 2 (binary), from bytes in pieces of any size. Checksums
 * and all other additions of version 2 are skipped.
 *
 * @see https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt
 */
export class ProxyHeaderReader {
  #bytes: Buffer = Buffer.alloc(0)

  /**
   * Reads the next piece.
   *
   * @returns The header once it is complete. Nothing may be pushed after it.
   * @throws {MalformedMessageError} `ERR_PROXY_HEADER`
   */
  push(chunk: Buffer): ReadProxyHeader | undefined {
    const before = this.#bytes.length
    const keep = chunk.subarray(0, maxProxyHeaderBytes - before)
    this.#bytes = before === 0 ? keep : Buffer.concat([this.#bytes, keep])
    const parsed = parse(this.#bytes)
    if (!parsed) return undefined
    this.#bytes = Buffer.alloc(0)
    return { ends: parsed.ends, rest: chunk.subarray(parsed.length - before) }
  }
}

/**
 * Parses a header that may be incomplete.
 *
 * @returns `undefined` while the header is incomplete.
 */
function parse(bytes: Buffer): Parsed | undefined {
  if (startsAlike(bytes, linePrefix)) return parseLine(bytes)
  if (startsAlike(bytes, signature)) return parseBlock(bytes)
  return refuse('a PROXY header', quoted(bytes))
}

/** Returns whether the received bytes can be a header that begins with `start`: one is the beginning of the other. */
function startsAlike(bytes: Buffer, start: Buffer): boolean {
  const length = Math.min(bytes.length, start.length)
  return bytes.subarray(0, length).equals(start.subarray(0, length))
}

const line =
  /^PROXY (?:UNKNOWN(?: .*)?|TCP([46]) ([\da-fA-F.:]+) ([\da-fA-F.:]+) (0|[1-9]\d{0,4}) (0|[1-9]\d{0,4}))$/s

/** Parses a header of version 1, which is a line of text; `undefined` while it is incomplete. */
function parseLine(bytes: Buffer): Parsed | undefined {
  const end = bytes.subarray(0, maxLineBytes).indexOf('\r\n')
  if (end < 0) {
    if (bytes.length < maxLineBytes) return undefined
    return refuse(`CRLF within ${maxLineBytes} bytes`, quoted(bytes.subarray(0, maxLineBytes)))
  }
  const match = line.exec(bytes.toString('latin1', 0, end))
  if (!match)
    return refuse('PROXY, TCP4 or TCP6, addresses and ports', quoted(bytes.subarray(0, end)))
  const [, family, source, target, sourcePort, targetPort] = match
  const length = end + 2
  if (family === undefined) return { ends: undefined, length }
  const addressOf = family === '4' ? ipv4Of : ipv6Of
  return {
    ends: {
      remoteAddress: addressOf(source),
      remotePort: portOf(sourcePort),
      localAddress: addressOf(target),
      localPort: portOf(targetPort),
    },
    length,
  }
}

function ipv4Of(text = ''): string {
  return isIPv4(text) ? text : refuse('an IPv4 address', quoteReceived(text))
}

function ipv6Of(text = ''): string {
  if (!isIPv6(text)) return refuse('an IPv6 address', quoteReceived(text))
  return plainAddress(new SocketAddress({ family: 'ipv6', address: text }).address)
}

function portOf(text = ''): number {
  const port = Number(text)
  return port <= 0xffff ? port : refuse('a port', quoteReceived(text))
}

const version2 = 2
const lastFamily = 3
const lastProtocol = 2
const commands = ['LOCAL', 'PROXY'] as const

/** Parses a header of version 2, which is binary; `undefined` while it is incomplete. */
function parseBlock(bytes: Buffer): Parsed | undefined {
  if (bytes.length < fixedBytes) return undefined
  const [version, command] = nibbles(bytes, signature.length)
  const [family, protocol] = nibbles(bytes, signature.length + 1)
  if (version !== version2 || commands[command] === undefined) {
    return refuse('version 2 with the command LOCAL or PROXY', `${version}, ${command}`)
  }
  const length = fixedBytes + bytes.readUInt16BE(signature.length + 2)
  if (length > maxProxyHeaderBytes)
    return refuse(`at most ${maxProxyHeaderBytes} bytes`, `${length}`)
  if (bytes.length < length) return undefined
  const isLocal = commands[command] === 'LOCAL'
  if (!isLocal && (family > lastFamily || protocol > lastProtocol)) {
    return refuse('a known family and protocol', `${family}, ${protocol}`)
  }
  const layout = isLocal || protocol !== stream ? undefined : layouts[family]
  return { ends: layout && endsIn(bytes.subarray(fixedBytes, length), layout), length }
}

const nibbles = (bytes: Buffer, at: number): readonly [high: number, low: number] => {
  const byte = bytes.readUInt8(at)
  return [byte >> 4, byte & 0xf]
}

/**
 * Value of the protocol field in version 2 for a connection over TCP. For a Unix socket, the addresses are file names.
 */
const stream = 1

/** Layout of the addresses of one family (IPv4 or IPv6) in version 2. */
interface Layout {
  readonly addressBytes: number
  readonly addressOf: (bytes: Buffer) => string
}

/** Layouts of the addresses in a header of version 2, by the value of its family field. */
const layouts: readonly (Layout | undefined)[] = [
  undefined,
  { addressBytes: 4, addressOf: (bytes) => [...bytes].join('.') },
  { addressBytes: 16, addressOf: (bytes) => plainAddress(ipv6AddressOf(bytes)) },
]

/** Reads both addresses, and then both ports, from the part of a version 2 header behind its fixed part. */
function endsIn(bytes: Buffer, { addressBytes, addressOf }: Layout): TcpEnds {
  const ports = 2 * addressBytes
  if (bytes.length < ports + 4) return refuse(`${ports + 4} bytes of addresses`, `${bytes.length}`)
  return {
    remoteAddress: addressOf(bytes.subarray(0, addressBytes)),
    remotePort: bytes.readUInt16BE(ports),
    localAddress: addressOf(bytes.subarray(addressBytes, ports)),
    localPort: bytes.readUInt16BE(ports + 2),
  }
}

const quoted = (bytes: Buffer): string => quoteReceived(bytes.toString('latin1', 0, maxLineBytes))

function refuse(expected: string, got: string): never {
  throw new MalformedMessageError('ERR_PROXY_HEADER', `expected ${expected}, got ${got}`)
}
