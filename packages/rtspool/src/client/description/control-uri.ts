import type { RtspResponse } from '../../rtsp/index.js'
import { parseClientUrl } from '../client-url.js'

const absolute = /^rtsps?:\/\//i
const repeatedScheme = /^(?:rtsps?:\/\/)+(?=rtsps?:\/\/)/i
/** Matches a URL with an IPv6 address without brackets. */
const bareIpv6 = /^(rtsps?:\/\/)((?:[0-9a-f]*:){2,}[0-9a-f.]*)(?=\/|\?|$)/i

/**
 * Returns the base of the control URIs: Content-Base, else Content-Location, else the request URI. Repairs bases of
 * cameras: a repeated or missing scheme, an IPv6 address without brackets. User and password are left out.
 *
 * @param requestUri - Absolute URI of the DESCRIBE.
 * @see RFC 2326 C.1.1
 */
export function baseUriOf(response: RtspResponse, requestUri: string): string {
  for (const name of ['content-base', 'content-location']) {
    const text = response.headers.get(name)?.trim()
    const base = text && repaired(text, requestUri)
    if (base) return base
  }
  return requestUri
}

function repaired(text: string, requestUri: string): string | undefined {
  const scheme = requestUri.slice(0, requestUri.indexOf('://') + 3)
  const whole = absolute.test(text) ? text.replace(repeatedScheme, '') : withScheme(text, scheme)
  return parseClientUrl(whole?.replace(bareIpv6, '$1[$2]') ?? '')?.uri
}

/** Adds the scheme to `host:port/path`; returns `undefined` for a path alone, which has no host. */
const withScheme = (text: string, scheme: string): string | undefined =>
  text.startsWith('/') || text.startsWith('*') ? undefined : `${scheme}${text}`

/**
 * Resolves `a=control`. An absolute URI stands for itself, without user and password; any other value is appended to the
 * whole base after exactly one slash, as FFmpeg and GStreamer do. A value that repeats the path of the base replaces it.
 *
 * @param base - Absolute URI.
 */
export function controlUriOf(base: string, control: string | undefined): string {
  const text = control?.trim() ?? ''
  if (text === '' || text === '*') return base
  if (absolute.test(text)) return parseClientUrl(text.replace(repeatedScheme, ''))?.uri ?? base
  const safe = text.replace(/[ \t]/g, '%20')
  const pathStart = base.indexOf('/', base.indexOf('://') + 3)
  const path = pathStart === -1 ? '' : base.slice(pathStart).replace(/\/$/, '')
  if (path !== '' && safe.startsWith(`${path}/`)) return base.slice(0, pathStart) + safe
  if (safe.startsWith('?')) return base + safe
  return `${base.replace(/\/$/, '')}/${safe.replace(/^\//, '')}`
}
