import type { AuthOptions } from 'rtspool'
import { OptionValueError } from './option-value-error.js'
import { readUsersFile } from './users-file.js'

/**
 * Environment variable for users. It is an alternative to the command line, which everybody on the
 * machine can read.
 */
export const usersVariable = 'RTSPOOL_USERS'

/** Users on the command line. */
export interface AuthFlags {
  readonly usersFile?: string
  readonly user?: readonly string[]
  readonly publishUser?: readonly string[]
  readonly publicRead?: boolean
  readonly basicInClear?: boolean
}

/** The option `auth` of the server, and a warning for its operator. */
export interface AuthOfCommand {
  readonly auth: AuthOptions | undefined
  readonly warnings: readonly string[]
}

/**
 * Builds the option `auth` of the server.
 *
 * @param environment - Environment of the process. {@link usersVariable} holds `name:password`,
 *   several separated by spaces.
 * @returns `auth` is `undefined` without users: then everybody may do everything.
 */
export function authOf(
  flags: AuthFlags,
  environment: Readonly<Record<string, string | undefined>>,
): AuthOfCommand {
  const users: Record<string, string> = Object.create(null)
  const fromEnvironment = environment[usersVariable]?.split(/\s+/).filter(Boolean) ?? []
  const file = flags.usersFile === undefined ? undefined : readUsersFile(flags.usersFile)
  // A more specific source may replace the password of a user.
  Object.assign(users, usersOf(usersVariable, fromEnvironment))
  Object.assign(users, usersOf(`--users-file ${flags.usersFile}`, file?.users ?? []))
  Object.assign(users, usersOf('--user', flags.user ?? []))
  const publishers = flags.publishUser
  for (const name of publishers ?? []) {
    if (!(name in users)) {
      throw new OptionValueError(`--publish-user must name a user, got '${name}'`)
    }
  }
  if (Object.keys(users).length === 0) {
    if (file) throw new OptionValueError(`--users-file ${flags.usersFile} must name a user`)
    for (const name of ['publicRead', 'basicInClear'] as const) {
      if (flags[name]) throw new OptionValueError(`${flagNames[name]} needs users: --users-file`)
    }
    return { auth: undefined, warnings: [] }
  }
  const warnings = [
    ...(flags.user ? [shownPassword] : []),
    ...(file?.warning === undefined ? [] : [file.warning]),
    ...(flags.basicInClear ? [clearPassword] : []),
  ]
  return { auth: authFor(users, flags), warnings }
}

const shownPassword = `--user shows its password in the list of processes: --users-file or ${usersVariable} keeps it out`
const clearPassword =
  'passwords are taken in clear (--basic-in-clear): whoever listens on the way reads them'

function authFor(users: Record<string, string>, flags: AuthFlags): AuthOptions {
  return Object.freeze({
    users,
    rules: [
      {
        path: '/*',
        read: flags.publicRead ? 'anyone' : 'authenticated',
        publish: flags.publishUser ?? 'authenticated',
      },
    ],
    basic: flags.basicInClear ? 'always' : 'overTls',
  } as const satisfies AuthOptions)
}

const flagNames = { publicRead: '--public-read', basicInClear: '--basic-in-clear' } as const

function usersOf(source: string, texts: readonly string[]): Record<string, string> {
  const users: Record<string, string> = Object.create(null)
  for (const text of texts) addUser(users, source, text)
  return users
}

/** Messages never quote the text, because it may contain a password. */
function addUser(users: Record<string, string>, source: string, text: string): void {
  const colon = text.indexOf(':')
  if (colon < 1 || colon === text.length - 1) {
    throw new OptionValueError(`${source} must be name:password, got no such pair`)
  }
  const name = text.slice(0, colon)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\x00-\x1f\x7f]/.test(name)) {
    throw new OptionValueError(`${source} must have a name without control characters`)
  }
  if (name in users)
    throw new OptionValueError(`${source} must name a user once, got '${name}' twice`)
  users[name] = text.slice(colon + 1)
}
