import { createHash } from 'node:crypto'
import { type AcceptedConnection, hostOf, type TunnelRequest } from 'rtspool'
import type { ClusterNode } from 'rtspool/cluster'
import { RtspHeaders } from 'rtspool/rtsp'

/** Question of another server for the GET of a tunnel. */
export interface ReceivedQuestion {
  /** Key of the tunnel; see {@link keyOf}. */
  readonly key: string
  /** Addresses of the client that has sent the POST, and whether it has come over TLS. */
  readonly connection: AcceptedConnection
}

/** Head of an HTTP request, names of headers in lower case. */
interface RequestHead {
  readonly method: string
  readonly headers: ReadonlyMap<string, string>
}

type Peers = ClusterNode['peers']

const cookieHeader = 'X-SessionCookie'
const endsHeader = 'X-Relay-Ends'
const relayHeaders = [cookieHeader, endsHeader, 'X-Relay-Via', 'X-Relay-Client', 'X-Relay-Token']
const line = { method: 'POST', uri: '/', body: '' }

/** Reads the head of a request from the bytes that a server has read, and written anew. */
export function headOf(first: Buffer): RequestHead {
  const text = first.toString('latin1', 0, first.indexOf('\r\n\r\n'))
  const [requestLine = '', ...lines] = text.split('\r\n')
  const headers = lines.map((each): [string, string] => {
    const colon = each.indexOf(':')
    return [each.slice(0, colon).toLowerCase(), each.slice(colon + 1).trim()]
  })
  return { method: requestLine.split(' ')[0] ?? '', headers: new Map(headers) }
}

/**
 * Computes the key of a tunnel, which its GET and its POST share. As on one server, that needs the same cookie and the same
 * host of the client, and both or none over TLS. The key does not tell the cookie.
 */
export function keyOf({ isSecure, remoteAddress, cookie }: TunnelRequest): string {
  const text = `${isSecure} ${hostOf(remoteAddress)} ${cookie}`
  return createHash('sha256').update(text).digest('hex')
}

/**
 * Returns the head of an HTTP request that asks a server for the GET of a tunnel, signed for that server.
 *
 * ```text
 * POST / HTTP/1.1
 * X-SessionCookie: 5f1d…                 key of the tunnel
 * X-Relay-Ends: {"isSecure":false,…}     ports of the client, and its address at this server
 * X-Relay-Via, X-Relay-Client, X-Relay-Token: as for a request of a client
 * ```
 */
export function questionFor(
  request: TunnelRequest,
  peers: Pick<Peers, 'relayHeaders'>,
  to: string,
): Buffer {
  const { isSecure, remoteAddress, remotePort, localAddress, localPort } = request
  const ends = JSON.stringify({ isSecure, remotePort, localAddress, localPort })
  const headers: [string, string][] = [
    [cookieHeader, keyOf(request)],
    [endsHeader, ends],
  ]
  const client = { address: remoteAddress, user: undefined }
  const lines = peers.relayHeaders({ ...line, headers }, client, { to })
  const text = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return Buffer.from(`POST / HTTP/1.1\r\n${text}\r\n`, 'latin1')
}

/** Reads the question of another server. @returns `undefined` if no server of the cluster has signed it for this one */
export function readQuestion(
  headers: ReadonlyMap<string, string>,
  peers: Pick<Peers, 'clientOf'>,
): ReceivedQuestion | undefined {
  const lines = relayHeaders.map((name): [string, string] => [
    name,
    headers.get(name.toLowerCase()) ?? '',
  ])
  const client = peers.clientOf({ ...line, headers: new RtspHeaders(lines) })
  if (client === undefined) return undefined
  try {
    const key = headers.get(cookieHeader.toLowerCase()) ?? ''
    const ends: unknown = JSON.parse(headers.get(endsHeader.toLowerCase()) ?? '')
    const { isSecure, remotePort, localAddress, localPort } = ends as Partial<TunnelRequest>
    const connection = { remoteAddress: client.address, remotePort, localAddress, localPort }
    return { key, connection: { ...connection, isSecure: isSecure === true } }
  } catch {
    return undefined
  }
}
