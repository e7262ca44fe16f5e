/** User name and password for a server. */
export interface ClientCredentials {
  readonly username: string
  readonly password: string
}

/** Parts of the URL of a stream. */
export interface ClientUrl {
  /** Absolute URI for request lines, without user and password: `rtsps:` for `rtsps:` and `wss:`, otherwise `rtsp:`. */
  readonly uri: string
  /** `true` for `rtsps:` and `wss:`, which use TLS. */
  readonly isSecure: boolean
  /** `true` for `ws:` and `wss:`: RTSP over WebSocket. */
  readonly isWebSocket: boolean
  /** Host in lower case, without the brackets of an IPv6 address. */
  readonly host: string
  readonly port: number
  readonly credentials: ClientCredentials | undefined
}

/** Default ports by scheme of the URL (RFC 2326 section 3.2, RFC 7826 section 22.14, RFC 6455 section 3). */
const ports = { rtsp: 554, rtsps: 322, ws: 80, wss: 443 } as const

const urlPattern = /^(rtsps?|wss?):\/\/([^/?#]*)([^#]*)/i
/** End of an error message about a URL: a condition that {@link parseClientUrl} sets. */
export const clientUrlRule = 'without spaces and backslashes in front of its path'
/**
 * Matches characters that other parsers of URLs take for the end of the host, or leave out. User and password must be
 * percent-encoded there.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const ambiguous = /[\\\s\x00-\x1f\x7f]/
const authorityPattern = /^(?:\[([0-9a-f:.]+(?:%[\w.~-]+)?)\]|([^\s:[\]@]+))(?::(\d{1,5}))?$/i

/**
 * Parses an `rtsp:`, `rtsps:`, `ws:` or `wss:` URL. Paths stay as written, because cameras have paths of any form.
 * User and password may be percent-encoded, and must be where they have spaces or backslashes.
 *
 * @returns `undefined` for any other text.
 */
export function parseClientUrl(text: string): ClientUrl | undefined {
  const [, scheme = '', authority = '', path = ''] = urlPattern.exec(text.trim()) ?? []
  const at = authority.lastIndexOf('@')
  const parts = authorityPattern.exec(authority.slice(at + 1))
  if (!parts || ambiguous.test(authority) || hasControl(path)) return undefined
  const name = scheme.toLowerCase() as keyof typeof ports
  const port = parts[3] === undefined ? ports[name] : Number(parts[3])
  if (port < 1 || port > 65_535) return undefined
  const isSecure = name === 'rtsps' || name === 'wss'
  const isWebSocket = name === 'ws' || name === 'wss'
  const written = authority.slice(at + 1)
  // RTSP has another default port.
  const place = isWebSocket && parts[3] === undefined ? `${written}:${port}` : written
  return {
    uri: `${isSecure ? 'rtsps' : 'rtsp'}://${place}${path.replaceAll(' ', '%20')}`,
    ...{ isSecure, isWebSocket },
    // RFC 6874: the percent sign before a zone is escaped.
    host: (parts[1]?.replace('%25', '%') ?? parts[2] ?? '').toLowerCase(),
    port,
    credentials: at === -1 ? undefined : credentialsOf(authority.slice(0, at)),
  }
}

/** Returns path and query of a URL for the request line of HTTP; `/` without a path. */
export function pathOf({ uri }: ClientUrl): string {
  const [, , , path = ''] = urlPattern.exec(uri) ?? []
  return path.startsWith('/') ? path : `/${path}`
}

/**
 * Returns a URL without its user and password, for messages; the text `an invalid URL` if it cannot
 * be parsed.
 */
export const withoutCredentials = (text: string): string =>
  parseClientUrl(text)?.uri ?? 'an invalid URL'

function credentialsOf(userinfo: string): ClientCredentials {
  const colon = userinfo.indexOf(':')
  return {
    username: decoded(colon === -1 ? userinfo : userinfo.slice(0, colon)),
    password: colon === -1 ? '' : decoded(userinfo.slice(colon + 1)),
  }
}

/**
 * Decodes the percent escapes of a user name or password. A text with a lone `%` stays as written.
 */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const hasControl = (text: string): boolean => /[\x00-\x1f\x7f]/.test(text)
