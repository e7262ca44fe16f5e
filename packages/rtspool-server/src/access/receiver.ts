import { createHmac } from 'node:crypto'
import { unescape as percentDecoded } from 'node:querystring'

/** Server to which the command sends HTTP requests, such as login requests or webhooks. */
export interface Receiver {
  /** URL without user and password, because `fetch` refuses URLs with them. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Parses the URL of a server. Its user and password become Basic authentication. @throws
 * {TypeError} The text is no URL.
 */
export function receiverOf(text: string): Receiver {
  const url = new URL(text)
  const { username, password } = url
  if (username === '' && password === '') return { url: url.href, headers: {} }
  url.username = ''
  url.password = ''
  const credentials = `${percentDecoded(username)}:${percentDecoded(password)}`
  const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`
  return { url: url.href, headers: { authorization } }
}

/**
 * Prefix of secrets in base64, as the tools of Standard Webhooks (a specification for signed
 * requests) create them.
 */
const encodedPrefix = 'whsec_'

/**
 * Returns the HMAC-SHA256 of a text in base64, with which the receiver of a request can check the sender.
 *
 * @param secret - Key; with the prefix `whsec_` in base64, otherwise as text.
 */
export function signatureOf(secret: string, text: string): string {
  const key = secret.startsWith(encodedPrefix)
    ? Buffer.from(secret.slice(encodedPrefix.length), 'base64')
    : secret
  return createHmac('sha256', key).update(text).digest('base64')
}

/**
 * Returns the headers of a signed request.
 *
 * @param secret - Key of the signature; without it, the request is not signed.
 * @see https://www.standardwebhooks.com
 */
export function signedHeaders(
  {
    id,
    unixSeconds,
    body,
  }: { readonly id: string; readonly unixSeconds: number; readonly body: string },
  secret: string | undefined,
): Record<string, string> {
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'rtspool',
    'webhook-id': id,
    'webhook-timestamp': String(unixSeconds),
  }
  if (secret === undefined) return headers
  const signature = signatureOf(secret, `${id}.${unixSeconds}.${body}`)
  return { ...headers, 'webhook-signature': `v1,${signature}` }
}
