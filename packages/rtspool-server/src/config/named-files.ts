import { accessSync, constants } from 'node:fs'
import type { ConfigSources, LoadedConfig } from './load-config.js'
import { ConfigError, type ConfigProblem } from './problems.js'
import { withClusterSecrets } from './sections/cluster/cluster-secrets.js'
import { authOf, usersVariable } from './users/auth-options.js'

/**
 * Finds files named by a configuration without which the server does not start and that cannot be
 * read: users, keys and certificates. With a users file, also finds the first mistake in that file or
 * in the rights of its users.
 *
 * @param environment - May contain {@link usersVariable}, with further users whom rights may name.
 */
export function namedFileProblems(
  loaded: LoadedConfig,
  environment: ConfigSources['environment'],
): ConfigProblem[] {
  const { tls } = loaded.config
  return [
    ...usersProblems(loaded, environment),
    ...clusterProblems(loaded),
    ...unreadable(loaded, ['tls', 'keyFile'], tls.keyFile),
    ...unreadable(loaded, ['tls', 'certFile'], tls.certFile),
  ]
}

/**
 * Finds media files and slates that cannot be read. Until the files exist, the server responds with an error
 * at their paths, and viewers see no slate.
 */
export const mediaFileProblems = (loaded: LoadedConfig): ConfigProblem[] => {
  const { paths, publish, sources } = loaded.config
  return [
    ...Object.entries(paths).flatMap(([path, { file }]) =>
      unreadable(loaded, ['paths', path, 'file'], file),
    ),
    ...unreadable(loaded, ['publish', 'slate'], publish.slate),
    ...Object.entries(sources).flatMap(([path, { slate }]) =>
      unreadable(loaded, ['sources', path, 'slate'], slate),
    ),
  ]
}

function usersProblems(
  loaded: LoadedConfig,
  environment: ConfigSources['environment'],
): readonly ConfigProblem[] {
  const { usersFile, hook, jwt } = loaded.config.auth
  const files = [usersFile, hook.secretFile, hook.caFile, jwt.keyFile, jwt.caFile]
  if (files.every((file) => file === undefined)) return []
  const { [usersVariable]: users } = environment
  try {
    authOf(loaded, { environment: { [usersVariable]: users }, users: [] })
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    const path = ['auth', 'usersFile']
    const message = textOf(error)
    return [{ path, source: loaded.sourceOf(path), says: message, message }]
  }
}

function clusterProblems(loaded: LoadedConfig): ConfigProblem[] {
  try {
    withClusterSecrets(loaded)
    return []
  } catch (error) {
    const path = ['cluster']
    const message = textOf(error)
    return [{ path, source: loaded.sourceOf(path), says: message, message }]
  }
}

function unreadable(
  { sourceOf }: LoadedConfig,
  path: readonly string[],
  file: string | undefined,
): ConfigProblem[] {
  if (file === undefined) return []
  try {
    accessSync(file, constants.R_OK)
    return []
  } catch (error) {
    const source = sourceOf(path)
    const says = `${file} cannot be read: ${textOf(error)}`
    return [{ path, source, says, message: `${source} ${says}` }]
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
