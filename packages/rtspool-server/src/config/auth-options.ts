import type { AccessRule, AuthOptions } from 'rtspool'
import type { ConfigSources, LoadedConfig } from './load-config.js'
import { OptionValueError } from './option-value-error.js'
import type { Config } from './schema.js'
import { readUsersFile } from './users-file.js'

/**
 * Name of the environment variable for users. Everybody on the machine can read the command line,
 * but not this variable.
 */
export const usersVariable = 'RTSPOOL_USERS'

/** The option `auth` of the server, and warnings for its operator. */
export interface AuthOfCommand {
  readonly auth: AuthOptions | undefined
  readonly warnings: readonly string[]
}

/**
 * Builds the option `auth` of the server.
 *
 * @param sources - Its environment may contain {@link usersVariable}: `name:password`, several
 *   separated by spaces.
 * @returns `auth` is `undefined` without users: then everybody may do everything.
 * @throws {OptionValueError} Names the source; never shows a password.
 */
export function authOf(loaded: LoadedConfig, sources: ConfigSources): AuthOfCommand {
  const { auth: config } = loaded.config
  const users: Record<string, string> = Object.create(null)
  const fromEnvironment = sources.environment[usersVariable]?.split(/\s+/).filter(Boolean) ?? []
  const fileSource = `${loaded.sourceOf(['auth', 'usersFile'])} ${config.usersFile}`
  const file =
    config.usersFile === undefined ? undefined : readUsersFile(config.usersFile, fileSource)
  // A more specific source may replace the password of a user.
  Object.assign(users, usersOf(usersVariable, fromEnvironment))
  Object.assign(users, usersOf(fileSource, file?.users ?? []))
  Object.assign(users, usersOf('--user', sources.users))
  for (const name of config.publishers ?? []) {
    if (name in users) continue
    const source = loaded.sourceOf(['auth', 'publishers'])
    throw new OptionValueError(`${source} must name a user, got '${name}'`)
  }
  if (Object.keys(users).length === 0) {
    if (file) throw new OptionValueError(`${fileSource} must name a user`)
    checkNoRights(loaded)
    return { auth: undefined, warnings: [] }
  }
  const warnings = [
    ...(sources.users.length > 0 ? [shownPassword] : []),
    ...(file?.warning === undefined ? [] : [file.warning]),
    ...(config.basic === 'always' ? [clearPassword(loaded.sourceOf(['auth', 'basic']))] : []),
  ]
  return { auth: authFor(users, config), warnings }
}

/**
 * Throws if the configuration has rights but no users. Such rights would have no effect, because
 * without users everybody may do everything.
 */
function checkNoRights({ config, sourceOf }: LoadedConfig): void {
  const { publicRead, basic, rules } = config.auth
  const given = { publicRead, basic: basic === 'always', rules: rules !== undefined }
  for (const [name, isGiven] of Object.entries(given)) {
    if (isGiven) throw new OptionValueError(`${sourceOf(['auth', name])} needs users: --users-file`)
  }
}

const shownPassword = `--user shows its password in the list of processes: --users-file or ${usersVariable} keeps it out`
const clearPassword = (source: string): string =>
  `passwords are taken in clear (${source}): whoever listens on the way reads them`

function authFor(users: Record<string, string>, config: Config['auth']): AuthOptions {
  const everywhere: AccessRule = {
    path: '/*',
    read: config.publicRead ? 'anyone' : 'authenticated',
    publish: config.publishers ?? 'authenticated',
  }
  return Object.freeze({
    users,
    rules: config.rules ?? [everywhere],
    basic: config.basic,
    realm: config.realm,
    algorithms: config.algorithms,
    nonceLifetime: config.nonceLifetime,
    verify: undefined,
  } satisfies Required<AuthOptions>)
}

function usersOf(source: string, texts: readonly string[]): Record<string, string> {
  const users: Record<string, string> = Object.create(null)
  for (const text of texts) addUser(users, source, text)
  return users
}

/**
 * Adds a user from a text such as `name:password`. Errors never quote the text, because it may
 * contain a password.
 */
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
