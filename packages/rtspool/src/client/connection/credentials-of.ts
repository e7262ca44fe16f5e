import type { ResolvedClientOptions } from '../client-options.js'
import type { ClientCredentials, ClientUrl } from '../client-url.js'

/** Returns user name and password, each from the options, or else from the URL; `undefined` without a user name. */
export function credentialsOf(
  { credentials }: ClientUrl,
  { username, password }: Pick<ResolvedClientOptions, 'username' | 'password'>,
): ClientCredentials | undefined {
  if (username === undefined) {
    return password === undefined || !credentials ? credentials : { ...credentials, password }
  }
  return { username, password: password ?? credentials?.password ?? '' }
}
