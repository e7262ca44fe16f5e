import type { CarrierName } from './carriers/carrier.js'
import type { Credentials } from './credentials.js'

/** A presentation (stream or file) on the tested server, with the parts of its URI. */
export interface Presentation {
  /** URI for requests: `rtsp:` or `rtsps:`, without name and password. */
  readonly uri: string
  readonly host: string
  readonly port: number
  /** Path and query of the URI. */
  readonly path: string
}

/** Result of {@link parseTarget}: parts of a URL on the command line. */
export interface ParsedTarget {
  readonly presentation: Presentation
  readonly carrier: CarrierName
  readonly credentials: Credentials | undefined
}

const ports: Readonly<Record<string, number>> = {
  ...{ rtsp: 554, rtsps: 322, rtsph: 80, rtspt: 554 },
  ...{ ws: 80, wss: 443, http: 80, https: 443 },
}

const carriers: Readonly<Record<string, CarrierName>> = {
  ...{ rtsp: 'tcp', rtspt: 'tcp', rtsps: 'tls', rtsph: 'http' },
  ...{ ws: 'ws', wss: 'wss', http: 'http', https: 'https' },
}

/**
 * Parses a URL: `rtsp:`, `rtspt:`, `rtsps:`, `rtsph:` and `http:` (tunnel), `https:`, `ws:`,
 * `wss:`.
 *
 * @param tunnel - Uses a tunnel through HTTP or WebSocket to the port of an `rtsp:` or `rtsps:`
 *   URL.
 * @returns The parsed URL, or a line of text that explains the mistake in it.
 */
export function parseTarget(text: string, tunnel?: 'http' | 'ws'): ParsedTarget | string {
  const [, scheme = '', rest = ''] = /^([a-z]+):\/\/(.+)$/i.exec(text) ?? []
  const name = scheme.toLowerCase()
  const plain = carriers[name]
  if (plain === undefined)
    return `expected a URL that begins with ${Object.keys(carriers).join(':, ')}:`
  if (!URL.canParse(`http://${rest}`)) return 'expected a URL with a host, and a port up to 65535'
  const url = new URL(`http://${rest}`)
  const isSecure = name.endsWith('s') && name !== 'ws'
  // The text itself, because `URL` would normalise the path.
  const path = /^[^/?]*([/?].*)?$/.exec(rest)?.[1] ?? '/'
  const port = explicitPort(rest) ?? ports[name] ?? 554
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const requestScheme = isSecure ? 'rtsps' : 'rtsp'
  const credentials = url.username
    ? { name: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }
    : undefined
  return {
    presentation: { uri: `${requestScheme}://${url.hostname}:${port}${path}`, host, port, path },
    carrier: tunnel === undefined ? plain : tunnelled(tunnel, isSecure),
    credentials,
  }
}

function tunnelled(tunnel: 'http' | 'ws', isSecure: boolean): CarrierName {
  if (tunnel === 'http') return isSecure ? 'https' : 'http'
  return isSecure ? 'wss' : 'ws'
}

function explicitPort(rest: string): number | undefined {
  const authority = rest.split(/[/?]/, 1)[0] ?? ''
  const port = /:(\d{1,5})$/.exec(authority.slice(authority.lastIndexOf('@') + 1))?.[1]
  return port === undefined ? undefined : Number(port)
}
