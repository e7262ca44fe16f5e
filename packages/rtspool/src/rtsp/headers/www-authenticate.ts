import { isToken, quote } from '../grammar.js'
import { checkAuthText, parseAuthParameters, refuseAuth, splitScheme } from './auth-parameters.js'
import { parseList } from './lists.js'

/** @see RFC 7617 section 2 */
export interface BasicChallenge {
  readonly scheme: 'Basic'
  readonly realm: string
}

/** @see RFC 7616 section 3.3 */
export interface DigestChallenge {
  readonly scheme: 'Digest'
  readonly realm: string
  readonly nonce: string
  /** The credentials were right, their nonce is not good any more. @default false */
  readonly stale?: boolean
  /** A token. @default MD5 is meant */
  readonly algorithm?: string
  /** Tokens. @default none: responses as in RFC 2069 */
  readonly qop?: readonly string[]
  readonly opaque?: string
}

/** What one WWW-Authenticate line asks for. */
export type Challenge = BasicChallenge | DigestChallenge

const header = 'WWW-Authenticate'

/**
 * Reads one line with one challenge.
 *
 * @throws {RequestError} `ERR_HEADER_VALUE`
 */
export function parseChallenge(value: string): Challenge {
  const { scheme, rest } = splitScheme(value)
  if (scheme !== 'basic' && scheme !== 'digest') refuseAuth(header, 'Basic or Digest')
  const parameters = parseAuthParameters(header, rest)
  const realm = parameters.get('realm') ?? refuseAuth(header, 'realm')
  if (scheme === 'basic') return { scheme: 'Basic', realm }
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
 * Writes one challenge: `realm` and `nonce` first and `stale` third, because live555 reads no other order.
 *
 * @throws {TypeError} when a text has control characters, or an algorithm or qop is not a token.
 */
export function serializeChallenge(challenge: Challenge): string {
  const realm = quote(checkAuthText('realm', challenge.realm))
  if (challenge.scheme === 'Basic') return `Basic realm=${realm}`
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
