import { createHash, randomBytes } from 'node:crypto'
import { type Element, XMLSerializer } from '@xmldom/xmldom'
import type { Clock } from 'rtspool'
import { childrenOf, elementAt, escaped, parseXml, textAt } from '../xml/xml.js'
import { type CameraLogin, HttpDigest } from './http-digest.js'

/** Maximum size in bytes of a response. A page of 100 notifications has less than 100 kB. */
const maxResponseBytes = 256 * 1024
/** Maximum number of characters of a fault in the message of an error, which is logged. */
const maxFaultLength = 200
const nonceBytes = 16
/** XML namespaces of requests, by their prefixes. */
const namespaces = {
  s: 'http://www.w3.org/2003/05/soap-envelope',
  wsa: 'http://www.w3.org/2005/08/addressing',
  wsnt: 'http://docs.oasis-open.org/wsn/b-2',
  tds: 'http://www.onvif.org/ver10/device/wsdl',
  tev: 'http://www.onvif.org/ver10/events/wsdl',
}
const declared = Object.entries(namespaces).map(([prefix, uri]) => ` xmlns:${prefix}="${uri}"`)
const security = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity'
const profile = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0'

/** Request to an ONVIF service. */
export interface SoapCall {
  readonly url: string
  /** URI of the operation, for `wsa:Action`. */
  readonly action: string
  /** Element of the operation as XML, with a prefix such as `tev:`. */
  readonly body: string
  /** Header elements as XML that the service demands, such as those of a subscription. */
  readonly header?: string
  /** Signal that ends the request. */
  readonly signal: AbortSignal
  /** True for an operation that needs no login. @default false */
  readonly isPublic?: boolean
}

/** Function that sends an HTTP request; `fetch` of Node. */
export type Post = (url: string, init: RequestInit) => Promise<Response>

/**
 * Client of the ONVIF services of one camera. Logs in by a UsernameToken with a digest (WS-Security), and by Digest of
 * HTTP from the first response on that asks for it.
 */
export class SoapClient {
  readonly #user: CameraLogin | undefined
  readonly #digest: HttpDigest | undefined
  readonly #clock: Clock
  readonly #post: Post
  /** Milliseconds by which the clock of the camera is ahead. Tokens are valid for some minutes of that clock. */
  clockLeadMs = 0

  constructor(user: CameraLogin | undefined, clock: Clock, post: Post) {
    this.#user = user
    this.#digest = user && new HttpDigest(user)
    this.#clock = clock
    this.#post = post
  }

  /**
   * Sends a request.
   *
   * @returns The element of the response.
   * @throws {Error} The camera cannot be reached, or responds with a fault or something else; the message says why.
   */
  async call(call: SoapCall): Promise<Element> {
    let response = await this.#send(call)
    const challenge = call.isPublic ? null : response.headers.get('www-authenticate')
    if (response.status === 401 && challenge !== null && this.#digest?.learn(challenge)) {
      await response.body?.cancel()
      response = await this.#send(call)
    }
    const text = await textOf(response)
    const answer = answerIn(text)
    if (answer?.localName === 'Fault') throw new Error(`the camera responds ${faultText(answer)}`)
    if (response.ok && answer) return answer
    throw new Error(`the camera responds ${response.status}, and no SOAP message`)
  }

  #send({ url, action, body, header = '', signal, isPublic = false }: SoapCall): Promise<Response> {
    const authorization = isPublic ? undefined : this.#digest?.authorization(url)
    const token = isPublic || authorization !== undefined ? '' : this.#login()
    const address = `<wsa:Action>${action}</wsa:Action><wsa:To>${escaped(url)}</wsa:To>`
    return this.#post(url, {
      method: 'POST',
      headers: {
        'Content-Type': `application/soap+xml; charset=utf-8; action="${action}"`,
        ...(authorization === undefined ? {} : { Authorization: authorization }),
      },
      body: `<?xml version="1.0" encoding="UTF-8"?><s:Envelope${declared.join('')}><s:Header>${address}${header}${token}</s:Header><s:Body>${body}</s:Body></s:Envelope>`,
      redirect: 'error',
      signal,
    })
  }

  #login(): string {
    if (!this.#user) return ''
    const { username, password } = this.#user
    const nonce = randomBytes(nonceBytes)
    const created = new Date(this.#clock.unixTimeMs() + this.clockLeadMs).toISOString()
    const digest = createHash('sha1')
      .update(nonce)
      .update(created + password)
      .digest('base64')
    return (
      `<Security xmlns="${security}-secext-1.0.xsd" s:mustUnderstand="true"><UsernameToken>` +
      `<Username>${escaped(username)}</Username>` +
      `<Password Type="${profile}#PasswordDigest">${digest}</Password>` +
      `<Nonce>${nonce.toString('base64')}</Nonce>` +
      `<Created xmlns="${security}-utility-1.0.xsd">${created}</Created>` +
      '</UsernameToken></Security>'
    )
  }
}

/** Returns an element as XML. */
export const xmlOf = (element: Element): string => new XMLSerializer().serializeToString(element)

async function textOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    sizeBytes += chunk.length
    if (sizeBytes > maxResponseBytes) {
      throw new Error(`expected at most ${maxResponseBytes} bytes from the camera, got more`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function answerIn(text: string): Element | undefined {
  try {
    const body = elementAt(parseXml(text), 'Body')
    return body && childrenOf(body)[0]
  } catch {
    return undefined
  }
}

function faultText(fault: Element): string {
  const reason = textAt(fault, 'Reason', 'Text') ?? textAt(fault, 'faultstring')
  const code =
    textAt(fault, 'Code', 'Subcode', 'Subcode', 'Value') ??
    textAt(fault, 'Code', 'Subcode', 'Value')
  return [code, reason].filter(Boolean).join(': ').slice(0, maxFaultLength) || 'a fault'
}
