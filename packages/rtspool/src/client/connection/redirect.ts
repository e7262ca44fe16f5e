import { ClientError } from '../../errors.js'
import type { RtspResponse } from '../../rtsp/index.js'
import type { ClientCredentialsPolicy, ResolvedClientOptions } from '../client-options.js'
import { type ClientCredentials, type ClientUrl, parseClientUrl } from '../client-url.js'

/** Status codes of redirects (RFC 2326 section 11.3). */
const redirects = [301, 302, 303, 305, 307, 308]

export const isRedirect = ({ statusCode }: RtspResponse): boolean => redirects.includes(statusCode)

/**
 * Returns the credentials for a URL after redirects: its own, or those for the first URL if its host may have them.
 *
 * @param own - Credentials for the host of `first`.
 */
export function credentialsAt(
  url: ClientUrl,
  first: ClientUrl,
  own: ClientCredentials | undefined,
  { credentialsFor }: Pick<ResolvedClientOptions, 'credentialsFor'>,
): ClientCredentials | undefined {
  const redirected = url === first ? undefined : url.credentials
  return redirected ?? (isTrusted(url, first, credentialsFor) ? own : undefined)
}

/**
 * Returns the function for further header lines, such as credentials of another kind, if the host of a URL may have
 * them after redirects from `first`.
 */
export function headersAt(
  url: ClientUrl,
  first: ClientUrl,
  { credentialsFor, headers }: Pick<ResolvedClientOptions, 'credentialsFor' | 'headers'>,
): ResolvedClientOptions['headers'] {
  return isTrusted(url, first, credentialsFor) ? headers : undefined
}

const isTrusted = (
  { host }: ClientUrl,
  first: ClientUrl,
  credentialsFor: ClientCredentialsPolicy,
): boolean => host === first.host || credentialsFor === 'anyHost'

/**
 * Returns the URL to which a response redirects the client.
 *
 * @param hops - Number of redirects that the client has followed already.
 * @throws {ClientError} `ERR_CLIENT_REDIRECT`: too many redirects, into clear, or to no RTSP URL.
 */
export function redirectedTo(
  response: RtspResponse,
  from: ClientUrl,
  hops: number,
  { maxRedirects }: Pick<ResolvedClientOptions, 'maxRedirects'>,
): ClientUrl {
  const { statusCode } = response
  const refuse = (text: string): never => {
    throw new ClientError('ERR_CLIENT_REDIRECT', text, { statusCode })
  }
  if (hops === maxRedirects) return refuse(`the server redirects more than ${maxRedirects} times`)
  const to = parseClientUrl(response.headers.get('location') ?? '')
  if (!to || to.isWebSocket) return refuse('the server redirects to no RTSP URL')
  if (from.isSecure && !to.isSecure) return refuse('the server redirects from TLS into clear')
  return to
}
