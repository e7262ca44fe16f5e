import { existsSync } from 'node:fs'
import type { Environment } from '../config/environment.js'
import { findConfigFile, loadConfig } from '../config/load-config.js'
import { OptionValueError } from '../config/option-value-error.js'
import { writeFileAtomically } from '../config/save/atomic-write.js'
import { editConfig, type KeyChange } from '../config/save/edit-config.js'
import {
  hashesOf,
  isStoredUsersName,
  isUserName,
  noStoredUsers,
  readStoredUsers,
  type StoredUsers,
  storedUsersOf,
  userNameText,
} from '../config/users/stored-users.js'
import { checkRealm } from '../config/users/user-realm.js'
import { type PasswordSource, readNewPassword } from './read-password.js'

/** Maximum number of attempts to write a file that other programs change at the same time. */
const maxAttempts = 5

/**
 * Adds, changes and removes users in a YAML file of users. Comments and the order of users stay. A
 * crash leaves either the old file or the new one.
 */
export class UserEditor {
  readonly #name: string
  readonly #realm: string

  /**
   * Finds the file of users: the named one, or the one that the configuration names.
   *
   * @throws {ConfigError} The configuration that names the file has mistakes.
   * @throws {OptionValueError} No file is named, or the file cannot contain hashes.
   */
  constructor(
    { file, config }: { readonly file?: string; readonly config?: string },
    environment: Environment,
  ) {
    const noFlags = { kind: 'flags', tree: {}, sourceOf: String } as const
    const configFile = findConfigFile(config ?? (environment.RTSPOOL_CONFIG || undefined))
    const { auth } = loadConfig({ file: configFile, environment, flags: noFlags, users: [] }).config
    const name = file ?? auth.usersFile
    if (name === undefined) {
      throw new OptionValueError(
        'name a file: auth.usersFile in the configuration, or --file users.yml',
      )
    }
    if (!isStoredUsersName(name)) {
      const instead = 'rtspool user writes files whose names end in .yml'
      throw new OptionValueError(`${name} holds passwords in clear: ${instead}`)
    }
    this.#name = name
    this.#realm = auth.realm
  }

  /**
   * Adds a user to the file, with hashes of a password that is read from a terminal or pipe.
   *
   * @param isTlsOnly - Stores no hashes for Digest, so that the user can log in only by Basic inside TLS.
   * @param source - Terminal or pipe from which the password is read.
   * @returns A line of output for the user of the command.
   */
  async add(
    name: string,
    roles: readonly string[],
    source: PasswordSource,
    isTlsOnly: boolean,
  ): Promise<string> {
    if (!isUserName(name)) throw new OptionValueError(`the name must be ${userNameText}`)
    this.#readWithout(name)
    const hashes = await this.#newHashes(name, source, isTlsOnly)
    const user = { ...(roles.length > 0 ? { roles: [...new Set(roles)] } : {}), ...hashes }
    await this.#change(() => this.#readWithout(name), [{ path: ['users', name], value: user }])
    return `${name} added to ${this.#name}\n`
  }

  /**
   * Changes the password of a user.
   *
   * @param isTlsOnly - As for {@link add}.
   * @returns A line for the person who runs the command.
   */
  async changePassword(name: string, source: PasswordSource, isTlsOnly: boolean): Promise<string> {
    this.#readWith(name)
    const hashes = await this.#newHashes(name, source, isTlsOnly)
    const kinds = ['sha256', 'md5', 'scrypt'] as const
    const changes = kinds.map((kind) => ({ path: ['users', name, kind], value: hashes[kind] }))
    await this.#change(() => this.#readWith(name), changes)
    return `password of ${name} changed in ${this.#name}\n`
  }

  /**
   * Removes a user from the file.
   *
   * @returns A line of output for the user of the command.
   */
  async remove(name: string): Promise<string> {
    await this.#change(() => this.#readWith(name), [{ path: ['users', name], value: undefined }])
    return `${name} removed from ${this.#name}\n`
  }

  /**
   * Lists the users of the file.
   *
   * @returns One line for each user: name, roles and kinds of login, separated by tabs.
   */
  async list(): Promise<string> {
    const { users } = this.#read()
    const lines = [...users].map(
      ([name, { roles, sha256, md5 }]) =>
        `${name}\t${roles.join(',') || '-'}\t${(sha256 ?? md5) ? 'digest,basic' : 'basic'}\n`,
    )
    return lines.join('')
  }

  #newHashes(name: string, source: PasswordSource, isTlsOnly: boolean) {
    return readNewPassword(source).then((password) =>
      hashesOf(name, password, isTlsOnly ? undefined : this.#realm, source.logN),
    )
  }

  #read(): StoredUsers {
    const stored = readStoredUsers(this.#name)
    checkRealm(stored, this.#realm)
    return stored
  }

  #readWith(name: string): StoredUsers {
    const stored = this.#read()
    if (!stored.users.has(name)) throw new OptionValueError(`${name} is not in ${this.#name}`)
    return stored
  }

  #readWithout(name: string): StoredUsers {
    const stored = existsSync(this.#name) ? this.#read() : noStoredUsers(this.#name)
    if (!stored.users.has(name)) return stored
    throw new OptionValueError(
      `${name} is in ${this.#name} already: rtspool user passwd changes it`,
    )
  }

  /**
   * Changes the file of users. Reads it again before each attempt, because another command may have changed it
   * meanwhile.
   *
   * @throws {OptionValueError} Other programs change the file at each attempt.
   */
  async #change(read: () => StoredUsers, changes: readonly KeyChange[]): Promise<void> {
    for (let attempt = 1; attempt <= maxAttempts; attempt++) {
      if (await this.#write(read(), changes)) return
    }
    throw new OptionValueError(`${this.#name} is being changed by other programs: try again`)
  }

  /**
   * Writes the file of users with the changes, unless another program has changed it since it was read.
   *
   * @returns False if another program has changed the file.
   */
  #write({ file }: StoredUsers, changes: readonly KeyChange[]): Promise<boolean> {
    const realm = { path: ['realm'], value: this.#realm }
    const edited = storedUsersOf(editConfig(file, [realm, ...changes]))
    const replaced = existsSync(this.#name) ? file.text : ''
    return writeFileAtomically(this.#name, edited.file.text, { replacing: replaced })
  }
}
