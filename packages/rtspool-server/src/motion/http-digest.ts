import { createHash, randomBytes } from 'node:crypto'
import { type DigestAlgorithm, digestHa1 } from 'rtspool'

/** Algorithms by strength, and their names in Node. */
const hashNames: readonly (readonly [DigestAlgorithm, string])[] = [
  ['SHA-256', 'sha256'],
  ['MD5', 'md5'],
]
const cnonceBytes = 8

/** User of a camera. */
export interface CameraLogin {
  readonly username: string
  readonly password: string
}

/** Challenge of a camera, with what repeats in each answer to it. */
interface Challenge {
  readonly algorithm: DigestAlgorithm
  readonly hashName: string
  readonly parameters: ReadonlyMap<string, string>
  /** Number of requests with the nonce. */
  count: number
}

/**
 * Login by Digest of HTTP (RFC 7616), for cameras that take no UsernameToken (ONVIF core specification section 5.9).
 */
export class HttpDigest {
  readonly #user: CameraLogin
  #challenge: Challenge | undefined

  constructor(user: CameraLogin) {
    this.#user = user
  }

  /**
   * Reads the challenges of a response with status 401, and keeps the strongest.
   *
   * @param header - `WWW-Authenticate`; several lines joined by commas.
   * @returns `true` if the request may be sent again: no login was tried, or its nonce is too old. A wrong password is
   *   tried once, because cameras lock users out.
   */
  learn(header: string): boolean {
    const challenges = header.split(/,?\s*\bDigest\s+/i).slice(1)
    const before = this.#challenge
    this.#challenge = undefined
    for (const [algorithm, hashName] of hashNames) {
      for (const parameters of challenges.map(parametersOf)) {
        if ((parameters.get('algorithm') ?? 'MD5').toUpperCase() !== algorithm) continue
        this.#challenge = { algorithm, hashName, parameters, count: 0 }
        // The second request with a nonce shows that the camera has accepted the first.
        const isAccepted = before !== undefined && before.count > 1
        return !before || isAccepted || parameters.get('stale')?.toLowerCase() === 'true'
      }
    }
    return false
  }

  /** Returns the `Authorization` header of a POST to a URL; `undefined` before the first challenge. */
  authorization(url: string): string | undefined {
    if (!this.#challenge) return undefined
    const { algorithm, hashName, parameters } = this.#challenge
    const [realm, nonce] = [parameters.get('realm') ?? '', parameters.get('nonce') ?? '']
    const { pathname, search } = new URL(url)
    const uri = pathname + search
    const hash = (text: string) => createHash(hashName).update(text).digest('hex')
    const { username, password } = this.#user
    this.#challenge.count += 1
    const nc = this.#challenge.count.toString(16).padStart(8, '0')
    const cnonce = randomBytes(cnonceBytes).toString('hex')
    const hasQop = /\bauth\b(?!-)/.test(parameters.get('qop') ?? '')
    const middle = hasQop ? [nonce, nc, cnonce, 'auth'] : [nonce]
    const ha1 = digestHa1(algorithm, username, realm, password)
    const response = hash([ha1, ...middle, hash(`POST:${uri}`)].join(':'))
    const opaque = parameters.get('opaque')
    const fields = [
      ...[`username=${quoted(username)}`, `realm=${quoted(realm)}`, `nonce=${quoted(nonce)}`],
      ...[`uri=${quoted(uri)}`, `response="${response}"`],
      ...(parameters.has('algorithm') ? [`algorithm=${algorithm}`] : []),
      ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`]),
      ...(hasQop ? ['qop=auth', `nc=${nc}`, `cnonce="${cnonce}"`] : []),
    ]
    return `Digest ${fields.join(', ')}`
  }
}

const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`

/** Reads the parameters of a challenge, by their names in lower case. Names have at most 32 characters. */
function parametersOf(challenge: string): Map<string, string> {
  const pairs = challenge.matchAll(/\b(\w{1,32})=(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/g)
  const values = [...pairs].map(([, name = '', text, token]): [string, string] => [
    name.toLowerCase(),
    text?.replace(/\\(.)/g, '$1') ?? token ?? '',
  ])
  return new Map(values)
}
