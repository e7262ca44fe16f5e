import { type IncomingMessage, STATUS_CODES } from 'node:http'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'

/**
 * WebSocket subprotocol of the live picture. A browser may offer a second one, which contains its
 * ticket.
 */
export const liveSubprotocol = 'rtspool.live'
const ticketPrefix = 'ticket.'
const sharePrefix = 'share.'
const maxUserAgent = 256

/** Returns the WebSocket subprotocol that contains a ticket. */
export const ticketProtocol = (ticket: string): string => ticketPrefix + ticket

/** Returns the ticket among the subprotocols of a WebSocket request; `undefined` if there is none. */
export const ticketOf = (request: IncomingMessage): string | undefined =>
  protocolAfter(ticketPrefix, request)

/** Returns the secret of a share link among the subprotocols of a WebSocket request; `undefined` if there is none. */
export const shareOf = (request: IncomingMessage): string | undefined =>
  protocolAfter(sharePrefix, request)

function protocolAfter(prefix: string, { headers }: IncomingMessage): string | undefined {
  const protocols = (headers['sec-websocket-protocol'] ?? '').split(',')
  const offered = protocols.map((protocol) => protocol.trim())
  return offered.find((protocol) => protocol.startsWith(prefix))?.slice(prefix.length)
}

/**
 * Returns whether the page that sends a request may use a ticket: a page of the same host, on any
 * port, or of a listed origin. Requests without an origin are allowed: they come from programs, and
 * not from pages.
 */
export function isAllowedOrigin(
  { headers }: IncomingMessage,
  allowedOrigins: readonly string[],
): boolean {
  const { origin, host } = headers
  if (origin === undefined || allowedOrigins.includes(origin)) return true
  return URL.canParse(origin) && new URL(origin).hostname === hostnameOf(host)
}

/**
 * Returns whether a page may watch without a ticket: a page of this port, or of a listed origin.
 *
 * A page of this port counts only if its URL has an IP address or `localhost`. Any other name may
 * resolve to this machine (DNS rebinding), so its origin must be listed.
 */
export function isOwnPage(
  { headers }: IncomingMessage,
  allowedOrigins: readonly string[],
): boolean {
  const { origin, host } = headers
  if (origin === undefined || allowedOrigins.includes(origin)) return true
  if (!URL.canParse(origin)) return false
  const page = new URL(origin)
  return page.host === host?.toLowerCase() && isUnnamed(page.hostname)
}

const isUnnamed = (hostname: string): boolean =>
  hostname === 'localhost' || isIP(hostname.replace(/^\[|\]$/g, '')) !== 0

function hostnameOf(host = ''): string | undefined {
  const url = `http://${host}`
  return URL.canParse(url) ? new URL(url).hostname : undefined
}

/** Returns the header `User-Agent`, cut off after 256 characters. */
export function userAgentOf({ headers }: IncomingMessage): string | undefined {
  return headers['user-agent']?.slice(0, maxUserAgent)
}

/** Responds to an upgrade request with an error, and closes the connection. */
export function refuseUpgrade(
  socket: Duplex,
  statusCode: 400 | 401 | 403 | 503,
  text: string,
): void {
  const lines = [
    `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode]}`,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(text)}`,
    '',
    text,
  ]
  socket.on('error', () => socket.destroy())
  socket.end(lines.join('\r\n'), () => socket.destroy())
}
