import { createHash } from 'node:crypto'
import type { Element } from '@xmldom/xmldom'
import { type Clock, type DigestAlgorithm, digestHa1 } from 'rtspool'
import { elementAt, textAt } from '../../xml/xml.js'
import type { AuthKind } from '../faults.js'
import { HttpNonces } from './http-nonces.js'

/** Longest difference between the clocks of client and camera, and life of a nonce, in milliseconds. */
const freshMs = 300_000
/** Nonces of tokens that are kept; the oldest makes room. Only the right password adds one. */
const maxNonces = 2000
const realm = 'rtspool camera'

/** Result of a check: credentials fit, fit but for a nonce that is not fresh, do not fit, or are missing. */
export type LoginVerdict = 'accepted' | 'stale' | 'wrong' | 'missing'

/** Name and password of the user who may use the ONVIF services. */
export interface OnvifUser {
  readonly name: string
  readonly password: string
}

/** Facts of an HTTP request from which a login is checked: its Authorization header, method and target. */
export interface HttpCredentials {
  readonly authorization: string | undefined
  readonly method: string
  /** Request target of HTTP: path and query of the URL. */
  readonly target: string
}

const algorithmsOf: Readonly<Partial<Record<AuthKind, readonly DigestAlgorithm[]>>> = {
  'digest-md5': ['MD5'],
  'digest-sha256': ['SHA-256'],
}

/**
 * Checks logins to the services of a camera: a UsernameToken of WS-Security with a digest, or Digest
 * of HTTP (ONVIF core specification section 5.9).
 */
export class OnvifLogin {
  readonly #user: OnvifUser
  readonly #clock: Clock
  readonly #nonces: HttpNonces
  /** Nonces of tokens that clients have used, in base64 of one spelling. */
  readonly #used = new Set<string>()

  constructor(user: OnvifUser, clock: Clock) {
    this.#user = user
    this.#clock = clock
    this.#nonces = new HttpNonces(clock, freshMs)
  }

  /** Checks the header of a SOAP message. A token is valid once, and for five minutes. */
  checkToken(header: Element | undefined): LoginVerdict {
    const token = header && elementAt(header, 'Security', 'UsernameToken')
    if (!token) return 'missing'
    const nonce = Buffer.from(textAt(token, 'Nonce') ?? '', 'base64')
    const created = textAt(token, 'Created') ?? ''
    const distanceMs = Math.abs(Date.parse(created) - this.#clock.unixTimeMs())
    // A time that does not parse is at no distance.
    const isFresh = distanceMs <= freshMs
    const digest = createHash('sha1')
      .update(nonce)
      .update(created + this.#user.password)
      .digest('base64')
    const isRight =
      textAt(token, 'Username') === this.#user.name && textAt(token, 'Password') === digest
    if (!isFresh || !isRight || nonce.length === 0) return 'wrong'
    return this.#use(nonce.toString('base64')) ? 'accepted' : 'wrong'
  }

  /** Checks the Authorization header of an HTTP request; with Basic only if the camera asks for that. */
  checkHttp(kind: AuthKind, { authorization, method, target }: HttpCredentials): LoginVerdict {
    if (authorization === undefined) return 'missing'
    const { name, password } = this.#user
    if (/^Basic /i.test(authorization)) {
      const isAllowed = kind === 'basic' || kind === 'basic-digest'
      const given = Buffer.from(authorization.slice('Basic '.length), 'base64').toString()
      return isAllowed && given === `${name}:${password}` ? 'accepted' : 'wrong'
    }
    const given = parametersOf(authorization)
    const algorithm = given.get('algorithm') ?? 'MD5'
    const known = digestsOf(kind).find((each) => each === algorithm)
    if (!known || given.get('username') !== name || given.get('uri') !== target) return 'wrong'
    if (given.get('response') !== this.#responseTo(known, method, given)) return 'wrong'
    return this.#nonces.isFresh(given.get('nonce') ?? '') ? 'accepted' : 'stale'
  }

  /**
   * Returns the challenges for WWW-Authenticate, each with a nonce of its own.
   *
   * @param isStale - True after a right login with an old nonce: clients then ask nobody for a password
   *   (RFC 7616 section 3.3).
   */
  challenges(kind: AuthKind, isStale: boolean): readonly string[] {
    const digests = digestsOf(kind).map((algorithm) => {
      const nonce = `nonce="${this.#nonces.issue()}"${isStale ? ', stale=true' : ''}`
      return `Digest realm="${realm}", ${nonce}, qop="auth", algorithm=${algorithm}`
    })
    const basic = `Basic realm="${realm}"`
    return kind === 'basic' || kind === 'basic-digest' ? [...digests, basic] : digests
  }

  /** Remembers the nonce of a token. @returns `false` if a token has had it before */
  #use(nonce: string): boolean {
    if (this.#used.has(nonce)) return false
    this.#used.add(nonce)
    const [oldest = ''] = this.#used
    if (this.#used.size > maxNonces) this.#used.delete(oldest)
    return true
  }

  /** Computes the `response` of HTTP Digest that a client with the right password sends (RFC 7616 section 3.4.1). */
  #responseTo(algorithm: DigestAlgorithm, method: string, given: Map<string, string>): string {
    const hash = (text: string): string =>
      createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
        .update(text)
        .digest('hex')
    const { name, password } = this.#user
    const ha1 = digestHa1(algorithm, name, realm, password)
    const ha2 = hash(`${method}:${given.get('uri')}`)
    const middle = ['nonce', 'nc', 'cnonce', 'qop'].map((each) => given.get(each))
    const parts = given.has('qop') ? middle : middle.slice(0, 1)
    return hash([ha1, ...parts, ha2].join(':'))
  }
}

const digestsOf = (kind: AuthKind): readonly DigestAlgorithm[] =>
  kind === 'basic' ? [] : (algorithmsOf[kind] ?? ['MD5', 'SHA-256'])

/**
 * Parses the parameters of an Authorization header. Names have at most 32 characters; longer ones are
 * left out, so that a header without any `=` is read once only.
 */
export function parametersOf(authorization: string): Map<string, string> {
  const text = authorization.replace(/^Digest /i, '')
  const pairs = text.matchAll(/\b(\w{1,32})=(?:"([^"]*)"|([^\s,]+))/g)
  return new Map([...pairs].map(([, name = '', quoted, plain]) => [name, quoted ?? plain ?? '']))
}
