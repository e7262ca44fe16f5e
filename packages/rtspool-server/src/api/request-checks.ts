import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { Problem } from './problem.js'

/** Host names under which clients may call the API, besides every IP address. */
export interface HostRules {
  /** Host names in lower case, without a port, under which clients may call the API. */
  readonly names: ReadonlySet<string>
}

const hostPattern = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::\d{1,5})?$/i

/**
 * Refuses requests whose Host header names another host. A web page whose name resolves to this
 * machine (DNS rebinding) then gets no data. A request for an IP address is always allowed, because
 * no name was resolved.
 *
 * @throws {Problem} `host-refused`
 */
export function checkHost({ headers }: IncomingMessage, { names }: HostRules): void {
  const host = headers.host ?? ''
  const name = hostPattern.exec(host)?.[1]?.toLowerCase() ?? ''
  if (isIP(name.replace(/^\[|\]$/g, '')) !== 0 || names.has(name)) return
  const expected = `an IP address or ${[...names].join(', ')}`
  throw new Problem('host-refused', 'the Host header is not one of this server', {
    wrong: [{ where: 'header.host', expected, got: JSON.stringify(host.slice(0, 100)) }],
  })
}

/**
 * Refuses requests from pages of another origin, by the headers `Origin` and `Sec-Fetch-Site`. A
 * request with neither is allowed: it comes from a program. The scheme is not compared, because a
 * proxy in front may add TLS.
 *
 * @throws {Problem} `origin-refused`
 */
export function checkOrigin({ headers }: IncomingMessage): void {
  const { origin, host = '' } = headers
  const own = `http(s)://${host}`
  const site = headers['sec-fetch-site']
  const isForeignSite = site === 'cross-site' || site === 'same-site'
  if (!isForeignSite && (origin === undefined || isPageOf(origin, host))) return
  const got = JSON.stringify((origin ?? String(site)).slice(0, 100))
  throw new Problem('origin-refused', 'a page of another origin sent the request', {
    wrong: [{ where: 'header.origin', expected: own, got }],
  })
}

/**
 * Returns whether the origin of a web page has the host and port of the request's `Host` header. Either may leave out
 * the default port of the scheme.
 */
function isPageOf(origin: string, host: string): boolean {
  const scheme = /^https?:\/\//i.exec(origin)?.[0]
  const own = `${scheme}${host}`
  if (scheme === undefined || !URL.canParse(origin) || !URL.canParse(own)) return false
  return new URL(origin).host === new URL(own).host
}

/** Returns the bearer token of a request; `undefined` without one. @see RFC 6750 section 2.1 */
export function bearerTokenOf({ headers }: IncomingMessage): string | undefined {
  return /^bearer +([\w.~+/-]+=*) *$/i.exec(headers.authorization ?? '')?.[1]
}

const maxBodyBytes = 64 * 1024

/**
 * Reads a body of JSON. A request without any body counts as an empty object.
 *
 * @throws {Problem} `unsupported-media-type`, `body-too-large` or `invalid-request`
 */
export async function readJsonBody(request: IncomingMessage): Promise<unknown> {
  const type = request.headers['content-type']
  const isJson = /^application\/json *(;|$)/i.test(type ?? '')
  const chunks: Buffer[] = []
  let bytes = 0
  if (type !== undefined && !isJson) throw unsupported(type)
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBodyBytes) {
      throw new Problem('body-too-large', `the body must be at most ${maxBodyBytes} bytes`)
    }
    chunks.push(chunk)
  }
  if (bytes === 0) return {}
  if (!isJson) throw unsupported(type)
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    throw new Problem('invalid-request', 'the body is not JSON', {
      wrong: [{ where: 'body', expected: 'a JSON object', got: `${bytes} bytes of other text` }],
    })
  }
}

function unsupported(type: string | undefined): Problem {
  const got = type === undefined ? 'nothing' : JSON.stringify(type.slice(0, 100))
  return new Problem('unsupported-media-type', 'the body must be application/json', {
    wrong: [{ where: 'header.content-type', expected: 'application/json', got }],
  })
}
