import { createHash } from 'node:crypto'

/** A user name and its password. */
export interface Credentials {
  readonly name: string
  readonly password: string
}

/** Contents of a WWW-Authenticate header: an authentication scheme and its parameters. */
export interface Challenge {
  readonly scheme: string
  /** Parameters in the order of the header, names in lower case. */
  readonly parameters: ReadonlyMap<string, string>
}

/**
 * Deviations from a correct Digest response, with which conformance tests check that the server refuses or accepts
 * them.
 */
export interface DigestVariant {
  /**
   * True to send `qop=auth` with `nc` and `cnonce`; `false` sends the form of RFC 2069.
   * @default false
   */
  readonly hasQop?: boolean
  readonly nc?: string
  readonly nonce?: string
  /** Method to hash in place of the request's method, as a response for another request would have. */
  readonly method?: string
}

/** Parses the value of one WWW-Authenticate header, which contains one challenge. */
export function parseChallenge(value: string): Challenge {
  const [, scheme = '', rest = ''] = /^(\S+)\s*(.*)$/s.exec(value) ?? []
  const parameters = new Map<string, string>()
  for (const [, name = '', quoted, token] of rest.matchAll(
    /([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/g,
  )) {
    parameters.set(name.toLowerCase(), quoted ?? token ?? '')
  }
  return { scheme, parameters }
}

/**
 * Returns whether a challenge is Digest with this algorithm. A challenge without algorithm means
 * MD5.
 */
export function isDigest({ scheme, parameters }: Challenge, algorithm: 'MD5' | 'SHA-256'): boolean {
  const stated = parameters.get('algorithm') ?? 'MD5'
  return scheme.toLowerCase() === 'digest' && stated.toUpperCase() === algorithm
}

/**
 * Formats the value of an Authorization header that responds to a challenge.
 *
 * @see RFC 7616 section 3.4, RFC 2069 section 2.1.2, RFC 7617
 */
export function authorization(
  challenge: Challenge,
  { name, password }: Credentials,
  method: string,
  uri: string,
  variant: DigestVariant = {},
): string {
  if (challenge.scheme.toLowerCase() === 'basic') {
    return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`
  }
  const algorithm = challenge.parameters.get('algorithm')
  const hashName = algorithm?.toUpperCase() === 'SHA-256' ? 'sha256' : 'md5'
  const hash = (text: string): string => createHash(hashName).update(text).digest('hex')
  const realm = challenge.parameters.get('realm') ?? ''
  const nonce = variant.nonce ?? challenge.parameters.get('nonce') ?? ''
  const ha1 = hash(`${name}:${realm}:${password}`)
  const ha2 = hash(`${variant.method ?? method}:${uri}`)
  const parts = [`username="${name}"`, `realm="${realm}"`, `nonce="${nonce}"`, `uri="${uri}"`]
  if (variant.hasQop) {
    const nc = variant.nc ?? '00000001'
    const cnonce = '0a4f113b'
    parts.push('qop=auth', `nc=${nc}`, `cnonce="${cnonce}"`)
    parts.push(`response="${hash(`${ha1}:${nonce}:${nc}:${cnonce}:auth:${ha2}`)}"`)
  } else {
    parts.push(`response="${hash(`${ha1}:${nonce}:${ha2}`)}"`)
  }
  if (algorithm !== undefined) parts.push(`algorithm=${algorithm}`)
  const opaque = challenge.parameters.get('opaque')
  if (opaque !== undefined) parts.push(`opaque="${opaque}"`)
  return `Digest ${parts.join(', ')}`
}
