import type { AccessRule, AuthOptions } from 'rtspool'
import {
  type ExternalLogins,
  type ExternalOptions,
  externalLogins,
} from '../../access/external-logins.js'
import { isLoopback } from '../../access/loopback.js'
import { verifyByHash } from '../../access/password-check.js'
import type { ShareLogins } from '../../access/share-logins.js'
import { type RuleWithReplay, withReplayRules } from '../../replay/replay-rules.js'
import type { ConfigSources, LoadedConfig } from '../load-config.js'
import { OptionValueError } from '../option-value-error.js'
import type { Config } from '../schema.js'
import { ApiUsers, noApiUsers } from './api-users.js'
import { externalOptionsOf } from './external-options.js'
import { isStoredUsersName, readStoredUsers } from './stored-users.js'
import { UserDirectory } from './user-directory.js'
import { checkRealm } from './user-realm.js'
import { clearUsersOf } from './user-sources.js'
import { checkReadable, modeWarning, readUsersFile } from './users-file.js'

/**
 * Name of the environment variable that contains users. Unlike the command line, other users of the
 * machine cannot read it.
 */
export const usersVariable = 'RTSPOOL_USERS'

/**
 * Users and rights that the configuration gives: for the RTSP server (option `auth`), and for the control API. `auth`
 * is `undefined` without users and without external logins.
 */
export interface AuthOfCommand {
  readonly auth: AuthOptions | undefined
  /** Users who may log in to the control API. */
  readonly apiUsers: ApiUsers
  readonly warnings: readonly string[]
}

/**
 * Collects users and rights from all sources, for the RTSP server and for the control API.
 *
 * @param sources - Its environment may contain {@link usersVariable}: `name:password`, several
 *   separated by spaces.
 * @returns `auth` is `undefined` without users: then everybody may do everything.
 * @throws {OptionValueError | ConfigError} Names the source; never shows a password.
 */
export function authOf(
  loaded: LoadedConfig,
  sources: Pick<ConfigSources, 'environment' | 'users' | 'shares'>,
): AuthOfCommand {
  const { auth: config } = loaded.config
  const directory = new UserDirectory()
  const fileSource = `${loaded.sourceOf(['auth', 'usersFile'])} ${config.usersFile}`
  const fromEnvironment = sources.environment[usersVariable]?.split(/\s+/).filter(Boolean) ?? []
  // Users of the environment come first, because each later source may replace their passwords.
  directory.addClear(clearUsersOf(usersVariable, fromEnvironment))
  const warning = addUsersOfFile(directory, config, fileSource)
  directory.addClear(clearUsersOf('--user', sources.users))
  const external = externalOptionsOf(loaded, sources.environment)
  if (!external) checkPublishers(directory, loaded)
  if (directory.size === 0 && !external) {
    if (config.usersFile !== undefined) throw new OptionValueError(`${fileSource} must name a user`)
    checkNoRights(loaded)
    return { auth: undefined, apiUsers: noApiUsers, warnings: [] }
  }
  const { rules, warnings } = rulesOf(directory, loaded, external !== undefined)
  const shares = canShare(loaded.config) ? sources.shares : undefined
  const others = external || shares ? externalLogins(external ?? nobodyElse, shares) : undefined
  return {
    auth: authFor(directory, config, rules, { external, shares, others }),
    apiUsers: apiUsersOf(directory, loaded, others, warnings),
    warnings: [
      ...(sources.users.length > 0 ? [shownPassword] : []),
      ...(warning === undefined ? [] : [warning]),
      ...(config.basic === 'always' ? [clearPassword(loaded.sourceOf(['auth', 'basic']))] : []),
      ...externalWarnings(loaded, { external, shares }),
      ...warnings,
    ],
  }
}

/**
 * Adds the users of the configured file, which has hashes (YAML) or `name:password` lines, to a directory.
 *
 * @returns A warning if other users of the machine can read the file.
 */
function addUsersOfFile(
  directory: UserDirectory,
  { usersFile, realm, algorithms }: Config['auth'],
  source: string,
): string | undefined {
  if (usersFile === undefined) return undefined
  if (!isStoredUsersName(usersFile)) {
    const { users, warning } = readUsersFile(usersFile, source)
    directory.addClear(clearUsersOf(source, users))
    return warning
  }
  checkReadable(usersFile, source)
  const stored = readStoredUsers(usersFile)
  checkRealm(stored, realm)
  directory.addStored(stored, algorithms)
  return modeWarning(usersFile, source)
}

function checkPublishers(directory: UserDirectory, { config, sourceOf }: LoadedConfig): void {
  for (const name of config.auth.publishers ?? []) {
    if (name.startsWith('role:') || directory.has(name)) continue
    const source = sourceOf(['auth', 'publishers'])
    throw new OptionValueError(`${source} must name a user, got '${name}'`)
  }
}

/**
 * Throws if the configuration has rights but no users. Such rights would have no effect, because
 * without users everybody may do everything.
 */
function checkNoRights({ config, sourceOf }: LoadedConfig): void {
  const { publicRead, basic, rules, tokens, api } = config.auth
  const given = {
    ...{ publicRead, basic: basic === 'always' },
    ...{ rules: rules !== undefined, api: api !== undefined },
  }
  for (const [name, isGiven] of Object.entries(given)) {
    if (isGiven) throw new OptionValueError(`${sourceOf(['auth', name])} needs users: --users-file`)
  }
  if (tokens !== 'always') return
  throw new OptionValueError(`${sourceOf(['auth', 'tokens'])} needs --jwks-url or --auth-hook`)
}

const shownPassword = `--user shows its password in the list of processes: --users-file or ${usersVariable} keeps it out`
const clearPassword = (source: string): string =>
  `passwords are taken in clear (${source}): whoever listens on the way reads them`

const clearToken = (source: string): string =>
  `tokens are taken in clear (${source}): whoever listens on the way can use them`

/** Returns warnings about credentials that others on the network can read. */
function externalWarnings(
  { config, sourceOf }: LoadedConfig,
  { external, shares }: Omit<OtherLogins, 'others'>,
): readonly string[] {
  if (!external && !shares) return []
  const { tokens, hook } = config.auth
  const host = hook.url === undefined ? undefined : new URL(hook.url)
  const isOpen = host?.protocol === 'http:' && !isLoopback(host.hostname.replace(/^\[|\]$/g, ''))
  const source = sourceOf(['auth', 'hook', 'url'])
  return [
    ...(tokens === 'always' ? [clearToken(sourceOf(['auth', 'tokens']))] : []),
    ...(isOpen ? [`${source} without https: credentials cross the network in clear`] : []),
  ]
}

/**
 * Returns the access rules with the users of each role, and a warning for each role without a user.
 */
function rulesOf(
  directory: UserDirectory,
  { config, sourceOf }: LoadedConfig,
  mayBeExternal: boolean,
): { readonly rules: readonly AccessRule[]; readonly warnings: string[] } {
  const { publicRead, publishers, rules: configured } = config.auth
  const everywhere: RuleWithReplay = {
    path: '/*',
    read: publicRead ? 'anyone' : 'authenticated',
    publish: publishers ?? 'authenticated',
  }
  const warnings: string[] = []
  const resolved = (configured ?? [everywhere]).map((rule, index) => {
    const source = sourceOf(configured ? ['auth', 'rules', index] : ['auth', 'publishers'])
    return directory.resolveRule(rule, (subject) => {
      // A hook or a token may know the user.
      if (mayBeExternal && !subject.startsWith('role:')) return
      noteUnknown(subject, source, warnings)
    })
  })
  const { replay, recordings } = config
  const prefix = Object.keys(recordings).length > 0 && replay.path
  const rules = withReplayRules(resolved, prefix || undefined)
  return { rules, warnings }
}

/**
 * Adds a warning for a subject (user or role) of an access rule that no user matches.
 *
 * @throws {OptionValueError} The subject is a user name, which is probably misspelt.
 */
function noteUnknown(subject: string, source: string, warnings: string[]): void {
  if (!subject.startsWith('role:')) {
    throw new OptionValueError(`${source} must name users, got '${subject}'`)
  }
  warnings.push(`${source}: no user has the role ${subject.slice('role:'.length)}`)
}

/**
 * Returns the users who may log in to the control API, by the rules of `auth.api` or by external logins.
 *
 * @param others - External logins, which may know further users.
 * @param warnings - A warning is added for each role without a user.
 */
function apiUsersOf(
  directory: UserDirectory,
  { config, sourceOf }: LoadedConfig,
  others: ExternalLogins | undefined,
  warnings: string[],
): ApiUsers {
  const { api = [], realm } = config.auth
  const rules = api.map(({ role, users, from }, index) => {
    const source = sourceOf(['auth', 'api', index])
    const names = directory.resolveNames(users, (each) => noteUnknown(each, source, warnings))
    return { role, users: names, from }
  })
  const external = others?.opensApi ? others : undefined
  return new ApiUsers({ rules, secrets: directory.loginSecrets, realm, external })
}

/** Logins by other means than the users of the configuration: hook, JWT and share links. */
interface OtherLogins {
  readonly external: ExternalOptions | undefined
  readonly shares: ShareLogins | undefined
  /** Logins by all of them; `undefined` if there are none. */
  readonly others: ExternalLogins | undefined
}

const nobodyElse: ExternalOptions = { hook: undefined, jwt: undefined }

/**
 * Returns whether the control API can create share links, which need the port of the live picture.
 */
const canShare = ({ api, live }: Config): boolean => api.port !== undefined && live.port !== false

function authFor(
  directory: UserDirectory,
  config: Config['auth'],
  rules: readonly AccessRule[],
  { external, shares, others }: OtherLogins,
): AuthOptions {
  // Digest proves to know a password that this server must know as well, or its HA1.
  const isDigestUsable = !external || directory.size > 0 || external.hook?.digest === true
  return Object.freeze({
    users: directory.secrets,
    rules,
    basic: config.basic,
    realm: config.realm,
    algorithms: isDigestUsable ? config.algorithms : [],
    tokens: config.tokens,
    tokenParameters: [...(external ? config.tokenParameters : []), ...(shares ? ['share'] : [])],
    nonceLifetime: config.nonceLifetime,
    verify: verifyByHash(directory.scryptHashes, external !== undefined),
    login: others?.login,
  } satisfies Required<AuthOptions>)
}
