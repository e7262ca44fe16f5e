import type { ResolvedClientOptions } from '../client-options.js'
import type { ClientCredentials, ClientUrl } from '../client-url.js'

/** Returns the credentials of the options, or else those of the URL. */
export function credentialsOf(
  { credentials }: ClientUrl,
  { username, password }: Pick<ResolvedClientOptions, 'username' | 'password'>,
): ClientCredentials | undefined {
  if (username === undefined) {
    return password === undefined || !credentials ? credentials : { ...credentials, password }
  }
  return { username, password: password ?? credentials?.password ?? '' }
}
