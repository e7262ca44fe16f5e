import { digestHa1 } from 'rtspool'
import { z } from 'zod'
import { hashPassword, passwordHashPattern } from '../../access/password-hash.js'
import { type ConfigFile, parseConfigFile, readConfigFile } from '../config-file.js'
import { expectedOf } from '../expected.js'
import { type KeyPath, type KeySchema, nameOf, schemaAt } from '../key-schema.js'
import { ConfigError, type ConfigProblem } from '../problems.js'

const maxNameLength = 255
const rolePattern = /^[a-z][a-z0-9_-]{0,63}$/
export const roleText = 'small letters, digits, _ and -, beginning with a letter'

const named = <Type extends z.ZodType>(type: Type, expected: string): Type =>
  type.meta({ expected })
const hex = (digits: number) =>
  named(
    z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`)),
    `${digits} hexadecimal digits in quotes`,
  )

const storedUser = z.strictObject({
  roles: z.array(named(z.string().regex(rolePattern), roleText)).default([]),
  sha256: hex(64).optional(),
  md5: hex(32).optional(),
  scrypt: named(z.string().regex(passwordHashPattern), 'made by rtspool user').optional(),
})

const storedUsers = z.strictObject({
  realm: z.string().min(1).optional(),
  users: z.record(z.string(), storedUser).default({}),
})

/** A user as stored in a YAML file, with hashes in place of the password. */
export type StoredUser = Readonly<z.output<typeof storedUser>>

/** Contents of a file of users in YAML, which `rtspool user` writes. */
export interface StoredUsers {
  readonly file: ConfigFile
  /** Realm for which the Digest hashes are made; `undefined` if there are none. */
  readonly realm: string | undefined
  readonly users: ReadonlyMap<string, StoredUser>
}

/**
 * Returns whether a file has the name of a YAML file. Other files have `name:password` on each
 * line.
 */
export const isStoredUsersName = (file: string): boolean => /\.ya?ml$/i.test(file)

/** Returns whether a name can be sent in Basic and Digest credentials. */
export const isUserName = (name: string): boolean =>
  name !== '' && name !== '__proto__' && name.length <= maxNameLength && !/[:\p{Cc}]/u.test(name)
export const userNameText = `a name of at most ${maxNameLength} characters without colons and control characters`

export const isRole = (role: string): boolean => rolePattern.test(role)

/**
 * Reads a YAML file of users.
 *
 * @throws {ConfigError} Names each mistake with its place, and never shows a hash.
 */
export const readStoredUsers = (name: string): StoredUsers => storedUsersOf(readConfigFile(name))

/** Creates the contents of a file without users, to which the first user can be added. */
export const noStoredUsers = (name: string): StoredUsers =>
  storedUsersOf(parseConfigFile(name, '# Users of rtspool; rtspool user changes this file.\n'))

/**
 * Checks a parsed YAML file of users, and returns the users.
 *
 * @throws {ConfigError} Names each mistake with its place, and never shows a hash.
 */
export function storedUsersOf(file: ConfigFile): StoredUsers {
  const { data, error } = storedUsers.safeParse(file.tree)
  if (error) throw new ConfigError(error.issues.flatMap((issue) => problemsOfIssue(issue, file)))
  const problems = Object.entries(data.users).flatMap(([name, user]) => problemsOf(name, user))
  if (problems.length > 0) {
    throw new ConfigError(problems.map(([path, says]) => problemAt(file, path, says)))
  }
  return { file, realm: data.realm, users: new Map(Object.entries(data.users)) }
}

function problemsOf(name: string, { sha256, md5, scrypt }: StoredUser): [KeyPath, string][] {
  const path = ['users', name]
  if (!isUserName(name)) return [[path, `must be ${userNameText}`]]
  if (sha256 ?? md5 ?? scrypt) return []
  return [[path, 'has no password: rtspool user passwd sets one']]
}

/**
 * Converts a mistake found by zod to problems. Their messages show no value, because most values
 * are secrets.
 */
function problemsOfIssue(issue: z.core.$ZodIssue, file: ConfigFile): ConfigProblem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((name) => problemAt(file, [...issue.path, name], 'is unknown'))
  }
  const root = z.toJSONSchema(storedUsers, { io: 'input' }) as KeySchema
  const { schema } = schemaAt(root, issue.path)
  return [problemAt(file, issue.path, `must be ${expectedOf(schema)}`)]
}

function problemAt(file: ConfigFile, path: KeyPath, says: string): ConfigProblem {
  const source = file.sourceOf(path)
  return { path, source, says, message: `${source}: ${nameOf(path)} ${says}` }
}

/** Hashes of a new password, for Digest and Basic. */
export type PasswordHashes = Pick<StoredUser, 'sha256' | 'md5' | 'scrypt'>

/**
 * Hashes a password for each kind of login.
 *
 * @param realm - Realm of Digest; `undefined` = no hashes for Digest, so that the user can log in
 * only by Basic inside TLS.
 * @param logN - Cost of the hash for Basic, as log2 of N.
 */
export async function hashesOf(
  name: string,
  password: string,
  realm: string | undefined,
  logN?: number,
): Promise<PasswordHashes> {
  const scrypt = await hashPassword(password, logN)
  if (realm === undefined) return { scrypt }
  return {
    sha256: digestHa1('SHA-256', name, realm, password),
    md5: digestHa1('MD5', name, realm, password),
    scrypt,
  }
}
