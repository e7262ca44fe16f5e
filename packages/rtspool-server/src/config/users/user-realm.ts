import { OptionValueError } from '../option-value-error.js'
import type { StoredUsers } from './stored-users.js'

/**
 * Checks that hashes are made for the realm of the server. With another realm no password would be
 * right.
 *
 * @throws {OptionValueError} Names both realms.
 */
export function checkRealm({ realm, file }: StoredUsers, wanted: string): void {
  if (realm === undefined || realm === wanted) return
  const remedy = 'set auth.realm to it, or make the file again'
  throw new OptionValueError(
    `${file.name} is for the realm '${realm}', and auth.realm is '${wanted}': ${remedy}`,
  )
}
