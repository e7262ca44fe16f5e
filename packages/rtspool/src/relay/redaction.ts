import { parseClientUrl } from '../client/client-url.js'

/**
 * Matches the value of a parameter that may be secret. Some cameras have user and password in the path or the query:
 * `/user=admin_password=secret_channel=1`.
 */
const secrets =
  /((?:^|[/?&_;])(?:user(?:name)?|pass(?:word|wd)?|pwd|token|secret|auth|key|sig(?:nature)?)=)[^&/?#;_]*/gi

/** Returns a URL for messages: without user and password, and with `***` for values of parameters that may be secret. */
export function redactedUrl(url: string): string {
  const place = parseClientUrl(url)
  return place ? place.uri.replace(secrets, '$1***') : 'an invalid URL'
}

/**
 * Returns a text without the credentials of a source, in case a peer has repeated them in its response.
 *
 * @param credentials - Texts to hide. Those of fewer than 4 characters are not looked for, because they occur in any
 *   text.
 */
export function withoutSecrets(text: string, credentials: readonly string[]): string {
  let shown = text.replace(secrets, '$1***')
  for (const secret of credentials) {
    if (secret.length < 4) continue
    for (const each of [secret, encodeURIComponent(secret)]) shown = shown.replaceAll(each, '***')
  }
  return shown
}
