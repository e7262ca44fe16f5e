import { createHash, randomBytes } from 'node:crypto'
import type { Element } from '@xmldom/xmldom'
import { type Clock, type DigestAlgorithm, digestHa1 } from 'rtspool'
import type { AuthKind } from '../faults.js'
import { elementAt, textAt } from './xml.js'

/** Longest difference between the clocks of client and camera, and life of a nonce, in milliseconds. */
const freshMs = 300_000
/** Nonces that are kept, of both kinds; the oldest makes room. */
const maxNonces = 2000
const realm = 'rtspool camera'

/** Result of a check: credentials fit, do not fit, or are missing. */
export type LoginVerdict = 'accepted' | 'wrong' | 'missing'

/** User of the camera. */
export interface OnvifUser {
  readonly name: string
  readonly password: string
}

/** An HTTP request with its Authorization header. */
export interface HttpCredentials {
  readonly authorization: string | undefined
  readonly method: string
  /** Request target: path and query. */
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
  /** Nonces of HTTP that the camera has given out, and of tokens that clients have used, with their end. */
  readonly #given = new Map<string, number>()
  readonly #used = new Map<string, number>()

  constructor(user: OnvifUser, clock: Clock) {
    this.#user = user
    this.#clock = clock
  }

  /** Checks the header of a SOAP message. A token is valid once, and for five minutes. */
  checkToken(header: Element | undefined): LoginVerdict {
    const token = header && elementAt(header, 'Security', 'UsernameToken')
    if (!token) return 'missing'
    const [nonce = '', created = ''] = [textAt(token, 'Nonce'), textAt(token, 'Created')]
    const distanceMs = Math.abs(Date.parse(created) - this.#clock.unixTimeMs())
    // A time that does not parse is at no distance.
    const isFresh = distanceMs <= freshMs
    const digest = createHash('sha1')
      .update(Buffer.from(nonce, 'base64'))
      .update(created + this.#user.password)
      .digest('base64')
    const isRight =
      textAt(token, 'Username') === this.#user.name && textAt(token, 'Password') === digest
    if (!isFresh || !isRight || this.#used.has(nonce)) return 'wrong'
    this.#remember(this.#used, nonce)
    return 'accepted'
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
    const nonce = given.get('nonce') ?? ''
    const isKnown = (this.#given.get(nonce) ?? 0) > this.#clock.now()
    if (!known || !isKnown || given.get('username') !== name || given.get('uri') !== target) {
      return 'wrong'
    }
    return given.get('response') === this.#responseTo(known, method, given) ? 'accepted' : 'wrong'
  }

  /** Returns the challenges for WWW-Authenticate, each with a nonce of its own. */
  challenges(kind: AuthKind): readonly string[] {
    const digests = digestsOf(kind).map((algorithm) => {
      const nonce = randomBytes(16).toString('hex')
      this.#remember(this.#given, nonce)
      return `Digest realm="${realm}", nonce="${nonce}", qop="auth", algorithm=${algorithm}`
    })
    const basic = `Basic realm="${realm}"`
    return kind === 'basic' || kind === 'basic-digest' ? [...digests, basic] : digests
  }

  #remember(nonces: Map<string, number>, nonce: string): void {
    nonces.set(nonce, this.#clock.now() + freshMs)
    const [oldest = ''] = nonces.keys()
    if (nonces.size > maxNonces) nonces.delete(oldest)
  }

  /** Computes the response that fits (RFC 7616 section 3.4.1). */
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

function parametersOf(authorization: string): Map<string, string> {
  const pairs = authorization.replace(/^Digest /i, '').matchAll(/(\w+)=(?:"([^"]*)"|([^\s,]+))/g)
  return new Map([...pairs].map(([, name = '', quoted, plain]) => [name, quoted ?? plain ?? '']))
}
