import { isToken, quote } from '../grammar.js'
import { checkAuthText, parseAuthParameters, refuseAuth, splitScheme } from './auth-parameters.js'
import { parseList } from './lists.js'

/**
 * Challenge of the Basic scheme.
 * @see RFC 7617 section 2
 */
export interface BasicChallenge {
  readonly scheme: 'Basic'
  readonly realm: string
}

/**
 * Challenge of the Digest scheme.
 * @see RFC 7616 section 3.3
 */
export interface DigestChallenge {
  readonly scheme: 'Digest'
  readonly realm: string
  readonly nonce: string
  /** `true` if the credentials were correct but their nonce has expired. @default false */
  readonly stale?: boolean
  /** Name of the hash algorithm for the response, a token. @default none, which means MD5 */
  readonly algorithm?: string
  /** Qualities of protection that the server offers, as tokens. @default none: the response has the form of RFC 2069 */
  readonly qop?: readonly string[]
  readonly opaque?: string
}

/**
 * Challenge of the Bearer scheme.
 * @see RFC 6750 section 3
 */
export interface BearerChallenge {
  readonly scheme: 'Bearer'
  readonly realm: string
}

/** Challenge in one WWW-Authenticate header line. */
export type Challenge = BasicChallenge | DigestChallenge | BearerChallenge

const header = 'WWW-Authenticate'

/**
 * Parses a WWW-Authenticate header line, which must contain one challenge.
 *
 * @throws {RequestError} `ERR_HEADER_VALUE`
 */
export function parseChallenge(value: string): Challenge {
  const { scheme, rest } = splitScheme(value)
  if (scheme !== 'basic' && scheme !== 'digest' && scheme !== 'bearer') {
    refuseAuth(header, 'Basic, Digest or Bearer')
  }
  const parameters = parseAuthParameters(header, rest)
  const realm = parameters.get('realm') ?? refuseAuth(header, 'realm')
  if (scheme !== 'digest') return { scheme: scheme === 'basic' ? 'Basic' : 'Bearer', realm }
  const algorithm = parameters.get('algorithm')
  const qop = parameters.get('qop')
  const opaque = parameters.get('opaque')
  return {
    scheme: 'Digest',
    realm,
    nonce: parameters.get('nonce') ?? refuseAuth(header, 'nonce'),
    ...(parameters.get('stale')?.toLowerCase() === 'true' ? { stale: true } : {}),
    ...(algorithm === undefined ? {} : { algorithm: tokenOf('algorithm', algorithm) }),
    ...(qop === undefined ? {} : { qop: parseList([qop]).map((option) => tokenOf('qop', option)) }),
    ...(opaque === undefined ? {} : { opaque }),
  }
}

function tokenOf(name: string, text: string): string {
  return isToken(text) ? text : refuseAuth(header, `a token as ${name}`)
}

/**
 * Serializes one challenge: `realm` and `nonce` first and `stale` third, the only order that
 * live555 reads.
 *
 * @throws {TypeError} when a text has control characters, or an algorithm or qop is not a token.
 */
export function serializeChallenge(challenge: Challenge): string {
  const realm = quote(checkAuthText('realm', challenge.realm))
  if (challenge.scheme !== 'Digest') return `${challenge.scheme} realm=${realm}`
  const { nonce, stale, algorithm, qop, opaque } = challenge
  const parameters = [`realm=${realm}`, `nonce=${quote(checkAuthText('nonce', nonce))}`]
  if (stale) parameters.push('stale=true')
  for (const token of [...(qop ?? []), ...(algorithm === undefined ? [] : [algorithm])]) {
    if (!isToken(token)) throw new TypeError('algorithm and qop must be tokens')
  }
  if (algorithm !== undefined) parameters.push(`algorithm=${algorithm}`)
  if (qop !== undefined) parameters.push(`qop="${qop.join(', ')}"`)
  if (opaque !== undefined) parameters.push(`opaque=${quote(checkAuthText('opaque', opaque))}`)
  return `Digest ${parameters.join(', ')}`
}
