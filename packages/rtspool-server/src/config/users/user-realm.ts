import { OptionValueError } from '../option-value-error.js'
import type { StoredUsers } from './stored-users.js'

/**
 * Checks that the hashes in a file of users were made for the Digest realm of the server. With another realm, no
 * password could be right.
 *
 * @param wanted - Realm of the server.
 * @throws {OptionValueError} Names both realms.
 */
export function checkRealm({ realm, file }: StoredUsers, wanted: string): void {
  if (realm === undefined || realm === wanted) return
  const remedy = 'set auth.realm to it, or make the file again'
  throw new OptionValueError(
    `${file.name} is for the realm '${realm}', and auth.realm is '${wanted}': ${remedy}`,
  )
}
