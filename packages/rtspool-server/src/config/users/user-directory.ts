import type { AccessSubject, UserSecret } from 'rtspool'
import type { RuleWithReplay } from '../../replay/replay-rules.js'
import type { LoginSecret } from './api-users.js'
import type { StoredUser, StoredUsers } from './stored-users.js'

/** Prefix that distinguishes roles from names of users, which have no colon. */
const rolePrefix = 'role:'

/** Users of all sources (command line, environment, files), with their secrets and roles. */
export class UserDirectory {
  /** Secrets for the option `auth.users` of the library, which checks Digest and Basic with them, by user name. */
  readonly secrets: Record<string, UserSecret> = Object.create(null)
  /** Scrypt hashes, by user name, of users who can log in only by Basic. */
  readonly #scryptHashes = new Map<string, string>()
  readonly #roles = new Map<string, readonly string[]>()
  /** Secrets, by user name, for logins that send the password itself. */
  readonly loginSecrets = new Map<string, LoginSecret>()

  /** Adds users with passwords in clear text. The password of a user who was added before is replaced. */
  addClear(users: Readonly<Record<string, string>>): void {
    for (const [name, password] of Object.entries(users)) {
      this.secrets[name] = password
      this.loginSecrets.set(name, { clear: password })
      this.#scryptHashes.delete(name)
      if (!this.#roles.has(name)) this.#roles.set(name, [])
    }
  }

  /**
   * Adds the users of a YAML file, which contains hashes of the passwords.
   *
   * @param algorithms - Algorithms that the server offers for Digest. Users without a hash for each
   * can log in only by Basic.
   */
  addStored({ users }: StoredUsers, algorithms: readonly ('SHA-256' | 'MD5')[]): void {
    for (const [name, user] of users) {
      this.#roles.set(name, user.roles)
      this.loginSecrets.set(name, loginSecretOf(user))
      delete this.secrets[name]
      this.#scryptHashes.delete(name)
      const secret = digestSecretOf(user, algorithms)
      if (secret) this.secrets[name] = secret
      else if (user.scrypt !== undefined) this.#scryptHashes.set(name, user.scrypt)
    }
  }

  get size(): number {
    return this.#roles.size
  }

  has(name: string): boolean {
    return this.#roles.has(name)
  }

  rolesOf(name: string): readonly string[] {
    return this.#roles.get(name) ?? []
  }

  get scryptHashes(): ReadonlyMap<string, string> {
    return this.#scryptHashes
  }

  /**
   * Replaces the roles in an access rule with the names of the users who have them.
   *
   * @param unknown - Called for each name that is no user, and for each role that no user has.
   */
  resolveRule(rule: RuleWithReplay, unknown: (subject: string) => void): RuleWithReplay {
    const resolve = (subject: AccessSubject | undefined): AccessSubject | undefined =>
      Array.isArray(subject) ? this.resolveNames(subject, unknown) : subject
    const { read, publish, talk, replay } = rule
    return {
      ...rule,
      ...(read === undefined ? {} : { read: resolve(read) }),
      ...(publish === undefined ? {} : { publish: resolve(publish) }),
      ...(talk === undefined ? {} : { talk: resolve(talk) }),
      ...(replay === undefined ? {} : { replay: resolve(replay) }),
    }
  }

  /** Replaces the roles in a list with the names of their users, like {@link resolveRule}. */
  resolveNames(subjects: readonly string[], unknown: (subject: string) => void): string[] {
    return subjects.flatMap((each) => this.#named(each, unknown))
  }

  #named(subject: string, unknown: (subject: string) => void): readonly string[] {
    if (!subject.startsWith(rolePrefix)) {
      if (!this.has(subject)) unknown(subject)
      return [subject]
    }
    const role = subject.slice(rolePrefix.length)
    const names = [...this.#roles].flatMap(([name, roles]) => (roles.includes(role) ? [name] : []))
    if (names.length === 0) unknown(subject)
    return names
  }
}

/**
 * Returns the secret of a user for Digest.
 *
 * @returns `undefined` if a hash is missing for an algorithm that the server offers.
 */
function digestSecretOf(
  { sha256, md5 }: StoredUser,
  algorithms: readonly ('SHA-256' | 'MD5')[],
): UserSecret | undefined {
  const ha1 = {
    ...(sha256 === undefined ? {} : { 'SHA-256': sha256 }),
    ...(md5 === undefined ? {} : { MD5: md5 }),
  }
  const isWhole = algorithms.every((algorithm) => ha1[algorithm] !== undefined)
  return isWhole && Object.keys(ha1).length > 0 ? { ha1 } : undefined
}

function loginSecretOf({ scrypt, sha256, md5 }: StoredUser): LoginSecret {
  if (scrypt !== undefined) return { scrypt }
  if (sha256 !== undefined) return { ha1: { algorithm: 'SHA-256', hash: sha256 } }
  return { ha1: { algorithm: 'MD5', hash: md5 ?? '' } }
}
