import { OptionValueError } from '../option-value-error.js'
import type { StoredUsers } from './stored-users.js'

/**
 * Checks that the stored hashes were made for the realm of the server, because otherwise no
 * password could be right.
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
