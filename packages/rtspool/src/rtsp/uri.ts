import { RequestError } from '../errors.js'
import { hasControlCode, parseDecimal, quoteReceived } from './grammar.js'

/** Parts of a request URI. */
export interface RtspUri {
  /** Scheme in lower case; `undefined` for an absolute path such as `/cam/trackID=0`. */
  readonly scheme: 'rtsp' | 'rtsps' | 'rtspu' | undefined
  /** `host` or `host:port` as received, without user and password; empty for an absolute path. */
  readonly authority: string
  /** Host in lower case, an IPv6 address without its brackets; empty for an absolute path. */
  readonly host: string
  /** Port, 1 to 65535; `undefined` if the URI has none. */
  readonly port: number | undefined
  /**
   * Path, percent-decoded exactly once. Begins with `/`; has no empty, `.` or `..` segments, no NUL
   * and no backslash, so it stays below any root to which it is appended. A trailing slash is kept.
   */
  readonly path: string
  /** Path of the URI as received; `/` if there is none. */
  readonly rawPath: string
  /**
   * Text after the first `?`, as received and not decoded. It may contain `/`: publishers append
   * the track's control to the end (FFmpeg 5.1: `/pub?a=b/streamid=0`).
   */
  readonly query: string | undefined
}

const schemes = ['rtsp', 'rtsps', 'rtspu'] as const

/**
 * Characters that a host may contain besides letters and digits (RFC 3986 section 3.2.2).
 * Percent-encoding is left out, because no resolver accepts it.
 */
const hostPunctuation = "-._~!$&'()*+,;="

/** Returns whether the request URI is `*`, which means the whole server (RFC 2326 section 10.1). */
export const isAsterisk = (uri: string): boolean => uri === '*'

function refuse(what: string): never {
  throw new RequestError('ERR_REQUEST_URI', `Request-URI: ${what}`, {
    context: { production: 'Request-URI' },
  })
}

const isAlphanumericCode = (code: number): boolean =>
  (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a)

function isHost(host: string, punctuation: string): boolean {
  for (let at = 0; at < host.length; at++) {
    if (!isAlphanumericCode(host.charCodeAt(at)) && !punctuation.includes(host[at] as string)) {
      return false
    }
  }
  return host.length > 0
}

function parsePort(text: string): number | undefined {
  // RFC 3986 section 3.2.3: the port after the colon may be empty.
  if (text === '') return undefined
  const port = parseDecimal(text, 65535)
  if (port === undefined || port === 0) {
    refuse(`expected a port from 1 to 65535, got ${quoteReceived(text)}`)
  }
  return port
}

function parseAuthority(authority: string): Pick<RtspUri, 'host' | 'port'> {
  if (authority.startsWith('[')) {
    const end = authority.indexOf(']')
    const rest = authority.slice(end + 1)
    const host = authority.slice(1, Math.max(end, 1))
    // A zone (RFC 6874) follows `%`.
    if (!isHost(host, ':.%-_~') || !host.includes(':') || (rest !== '' && rest[0] !== ':')) {
      refuse(`expected an IPv6 address in brackets, got ${quoteReceived(authority)}`)
    }
    return { host: host.toLowerCase(), port: parsePort(rest.slice(1)) }
  }
  const colon = authority.indexOf(':')
  const host = colon === -1 ? authority : authority.slice(0, colon)
  if (!isHost(host, hostPunctuation)) refuse(`expected a host, got ${quoteReceived(authority)}`)
  return {
    host: host.toLowerCase(),
    port: colon === -1 ? undefined : parsePort(authority.slice(colon + 1)),
  }
}

function decodePath(rawPath: string): string {
  if (!rawPath.includes('%')) return rawPath
  try {
    return decodeURIComponent(rawPath)
  } catch {
    // The only possible error is an escape that is cut off or not UTF-8.
    return refuse(`expected percent escapes of UTF-8, got ${quoteReceived(rawPath)}`)
  }
}

/**
 * Explains which rule for paths a decoded path breaks, as the expected value in an error message;
 * `undefined` if the path is valid.
 *
 * @param path - Begins with `/`.
 */
export function pathProblem(path: string): string | undefined {
  if (hasControlCode(path, false) || path.includes('\\')) return 'no control character or backslash'
  // Every path refused below contains one of these.
  if (!path.includes('//') && !path.includes('/.')) return undefined
  const segments = path.split('/')
  // The first segment is the empty text before the leading slash; the last may follow a trailing
  // slash.
  for (let at = 1; at < segments.length; at++) {
    const segment = segments[at]
    const isEmptyInside = segment === '' && at < segments.length - 1
    if (isEmptyInside || segment === '.' || segment === '..') return 'no empty, . or .. segment'
  }
  return undefined
}

function checkPath(path: string): void {
  const problem = pathProblem(path)
  if (problem !== undefined) refuse(`expected ${problem}, got ${quoteReceived(path)}`)
}

function parseAfterAuthority(rest: string): Pick<RtspUri, 'path' | 'rawPath' | 'query'> {
  const mark = rest.indexOf('?')
  const rawPath = (mark === -1 ? rest : rest.slice(0, mark)) || '/'
  const query = mark === -1 ? undefined : rest.slice(mark + 1)
  if (rest.includes('#')) refuse('expected no fragment')
  if (query?.includes('%00')) refuse('expected no NUL in the query')
  const path = decodePath(rawPath)
  checkPath(path)
  return { path, rawPath, query }
}

/** Returns the end of the authority (host and port) in a URI: the index of the first `/` or `?` from `start` on. */
function authorityEnd(text: string, start: number): number {
  for (let at = start; at < text.length; at++) {
    if (text[at] === '/' || text[at] === '?') return at
  }
  return text.length
}

/**
 * Parses a request URI, and refuses every path that could mean something else to later stages.
 *
 * User and password, which clients should not send, are left out of the result and of errors. `*`
 * is refused: see {@link isAsterisk}.
 *
 * @param text - An absolute URI, or an absolute path, which GStreamer accepts as well.
 * @throws {RequestError} `ERR_REQUEST_URI`
 * @see RFC 2326 section 3.2, RFC 3986
 */
export function parseRtspUri(text: string): RtspUri {
  // U+FFFD: the start line was not UTF-8.
  if (hasControlCode(text, false) || text.includes(' ') || text.includes('\ufffd')) {
    refuse('expected no control character, space or byte that is not UTF-8')
  }
  if (text.startsWith('/')) {
    const { path, rawPath, query } = parseAfterAuthority(text)
    return { scheme: undefined, authority: '', host: '', port: undefined, path, rawPath, query }
  }
  const schemeEnd = text.indexOf('://')
  const schemeText = text.slice(0, Math.max(schemeEnd, 0)).toLowerCase()
  const scheme = schemes.find((known) => known === schemeText)
  if (scheme === undefined) refuse('expected rtsp://, rtsps://, rtspu:// or an absolute path')

  const start = schemeEnd + '://'.length
  const end = authorityEnd(text, start)
  const withUserinfo = text.slice(start, end)
  const authority = withUserinfo.slice(withUserinfo.lastIndexOf('@') + 1)
  const { host, port } = parseAuthority(authority)
  const { path, rawPath, query } = parseAfterAuthority(text.slice(end))
  return { scheme, authority, host, port, path, rawPath, query }
}
