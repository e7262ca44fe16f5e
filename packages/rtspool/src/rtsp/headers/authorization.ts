import { isToken, quote } from '../grammar.js'
import { checkAuthText, parseAuthParameters, refuseAuth, splitScheme } from './auth-parameters.js'

/**
 * Credentials of the Basic scheme.
 * @see RFC 7617
 */
export interface BasicAuthorization {
  readonly scheme: 'Basic'
  readonly username: string
  readonly password: string
}

/**
 * Credentials of Digest.
 * @see RFC 7616 section 3.4; without `qop`, `nc` and `cnonce`, RFC 2069.
 */
export interface DigestAuthorization {
  readonly scheme: 'Digest'
  readonly username: string
  readonly realm: string
  readonly nonce: string
  /**
   * URI as sent by the client, which is part of the hash. Some clients send another URI than the
   * request URI.
   */
  readonly uri: string
  /** Hash that proves knowledge of the password: hexadecimal digits in lower case. */
  readonly response: string
  /** Hash algorithm as sent by the client; `undefined` means MD5. */
  readonly algorithm?: string
  /** Quality of protection as sent by the client; always together with `nc` and `cnonce`. */
  readonly qop?: string
  /** Nonce count: eight hexadecimal digits as sent, which are part of the hash. */
  readonly nc?: string
  readonly cnonce?: string
  readonly opaque?: string
}

/**
 * Credentials of the Bearer scheme: a token, such as a JWT.
 * @see RFC 6750 section 2.1
 */
export interface BearerAuthorization {
  readonly scheme: 'Bearer'
  readonly token: string
}

/** Credentials in an Authorization header. */
export type Authorization = BasicAuthorization | DigestAuthorization | BearerAuthorization

const header = 'Authorization'

/**
 * Parses the credentials in an Authorization header. Does not check them.
 *
 * @throws {RequestError} `ERR_HEADER_VALUE`, without any part of the value.
 */
export function parseAuthorization(value: string): Authorization {
  const { scheme, rest } = splitScheme(value)
  if (scheme === 'basic') return parseBasic(rest)
  if (scheme === 'digest') return parseDigest(parseAuthParameters(header, rest))
  if (scheme === 'bearer') return parseBearer(rest)
  return refuseAuth(header, 'Basic, Digest or Bearer')
}

/** Matches `b64token` of RFC 6750, the form of a Bearer token. */
const tokenPattern = /^[A-Za-z0-9._~+/-]+=*$/

function parseBearer(token: string): BearerAuthorization {
  if (!tokenPattern.test(token)) refuseAuth(header, 'a token')
  return { scheme: 'Bearer', token }
}

function parseBasic(text: string): BasicAuthorization {
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) refuseAuth(header, 'base64')
  const userPass = Buffer.from(text, 'base64').toString('utf8')
  const colon = userPass.indexOf(':')
  if (colon < 1) refuseAuth(header, 'user:password in base64')
  return {
    scheme: 'Basic',
    username: userPass.slice(0, colon),
    password: userPass.slice(colon + 1),
  }
}

function parseDigest(parameters: ReadonlyMap<string, string>): DigestAuthorization {
  // Hashed names are not offered (RFC 7616 section 3.4.4).
  if (parameters.get('userhash')?.toLowerCase() === 'true') refuseAuth(header, 'no userhash')
  const required = (name: string): string => parameters.get(name) ?? refuseAuth(header, name)
  const response = required('response').toLowerCase()
  if (!/^[0-9a-f]+$/.test(response)) refuseAuth(header, 'a response in hexadecimal digits')
  const username = parameters.get('username') ?? extendedUsername(required('username*'))
  if (username === '') refuseAuth(header, 'a username')
  return {
    scheme: 'Digest',
    username,
    realm: required('realm'),
    nonce: required('nonce'),
    uri: required('uri'),
    response,
    ...optional('algorithm', parameters),
    ...parseQop(parameters),
    ...optional('opaque', parameters),
  }
}

/**
 * Returns `qop`, `nc` and `cnonce` of Digest credentials, which must be either all present or all missing (RFC 7616
 * section 3.4).
 */
function parseQop(
  parameters: ReadonlyMap<string, string>,
): Pick<DigestAuthorization, 'qop' | 'nc' | 'cnonce'> {
  const qop = parameters.get('qop')
  if (qop === undefined) return {}
  const nc = parameters.get('nc') ?? ''
  const cnonce = parameters.get('cnonce') ?? refuseAuth(header, 'cnonce with qop')
  if (!/^[0-9a-fA-F]{8}$/.test(nc)) refuseAuth(header, 'nc of eight hexadecimal digits with qop')
  return { qop, nc, cnonce }
}

function optional<Name extends 'algorithm' | 'opaque'>(
  name: Name,
  parameters: ReadonlyMap<string, string>,
): { [K in Name]?: string } {
  const value = parameters.get(name)
  return value === undefined ? {} : ({ [name]: value } as { [K in Name]?: string })
}

/** Decodes a name in the form of RFC 5987, for which RFC 7616 section 3.4 allows only UTF-8. */
function extendedUsername(value: string): string {
  const encoded = /^utf-8'[^']*'(.*)$/i.exec(value)?.[1] ?? refuseAuth(header, 'a name in UTF-8')
  try {
    return decodeURIComponent(encoded)
  } catch {
    // The only possible error is an escape that is cut off or not UTF-8.
    return refuseAuth(header, 'a name in UTF-8')
  }
}

/**
 * Serializes an Authorization header, as a client sends it.
 *
 * @throws {TypeError} when a part cannot be sent: a control character, a colon in a user name of
 *   Basic, or a token of Bearer in another form than that of RFC 6750.
 */
export function serializeAuthorization(authorization: Authorization): string {
  if (authorization.scheme === 'Bearer') {
    if (!tokenPattern.test(authorization.token)) throw new TypeError('token must be a b64token')
    return `Bearer ${authorization.token}`
  }
  const username = checkAuthText('username', authorization.username)
  if (authorization.scheme === 'Basic') {
    if (username.includes(':')) throw new TypeError('username must not have a colon')
    return `Basic ${Buffer.from(`${username}:${authorization.password}`).toString('base64')}`
  }
  const { realm, nonce, uri, response, algorithm, qop, nc, cnonce, opaque } = authorization
  const quoted = { username, realm, nonce, uri, response, opaque, cnonce }
  const plain = { algorithm, qop, nc }
  const parameters: string[] = []
  for (const [name, value] of Object.entries(quoted)) {
    if (value !== undefined) parameters.push(`${name}=${quote(checkAuthText(name, value))}`)
  }
  for (const [name, value] of Object.entries(plain)) {
    if (value === undefined) continue
    if (!isToken(value)) throw new TypeError(`${name} must be a token`)
    parameters.push(`${name}=${value}`)
  }
  return `Digest ${parameters.join(', ')}`
}
