import { parseClientUrl } from '../client/client-url.js'

/**
 * Matches the value of a parameter that may be secret. Some cameras have user and password in the path or the query:
 * `/user=admin_password=secret_channel=1`.
 */
const secrets =
  /((?:^|[/?&_;])(?:user(?:name)?|pass(?:word|wd)?|pwd|token|secret|auth|key|sig(?:nature)?)=)[^&/?#;_]*/gi

/** Returns a URL for messages: without user and password, and with `***` for values that may be secret. */
export function redactedUrl(url: string): string {
  const place = parseClientUrl(url)
  return place ? place.uri.replace(secrets, '$1***') : 'an invalid URL'
}

/**
 * Replaces the credentials of a source in a text by `***`, because a peer may have repeated them in its response. Also
 * replaces values of parameters that may be secret.
 *
 * @param credentials - User name and password. Those of fewer than 4 characters stay, because they occur in any text.
 */
export function withoutSecrets(text: string, credentials: readonly string[]): string {
  let shown = text.replace(secrets, '$1***')
  for (const secret of credentials) {
    if (secret.length < 4) continue
    for (const each of [secret, encodeURIComponent(secret)]) shown = shown.replaceAll(each, '***')
  }
  return shown
}
