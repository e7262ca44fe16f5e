import type { AuthOptions } from 'rtspool'
import { checkLiveAccess } from './live-access.js'
import { type ConfigSources, type LoadedConfig, loadConfig } from './load-config.js'
import { mediaFileProblems } from './named-files.js'
import type { ApiUsers } from './users/api-users.js'
import { authOf } from './users/auth-options.js'

/** A configuration with everything that is derived from it or read from the files that it names. */
export interface Settings extends LoadedConfig {
  /** Users and rights for RTSP; `undefined` = everybody may play and publish. */
  readonly auth: AuthOptions | undefined
  /** Users who may log in to the control API. */
  readonly apiUsers: ApiUsers
}

/**
 * Reads all sources of the configuration, and the file with users.
 *
 * @throws {ConfigError} Lists every mistake.
 * @throws {OptionValueError} The users are invalid.
 */
export const loadSettings = (sources: ConfigSources): Settings =>
  settingsOf(loadConfig(sources), sources)

/**
 * Adds to a loaded configuration the users, read from their file, and all warnings for the operator.
 *
 * @throws {OptionValueError} The users are invalid.
 */
export function settingsOf(loaded: LoadedConfig, sources: ConfigSources): Settings {
  const { auth, apiUsers, warnings } = authOf(loaded, sources)
  checkLiveAccess(loaded, auth)
  return {
    ...loaded,
    auth,
    apiUsers,
    warnings: [
      ...loaded.warnings,
      ...warnings,
      ...mediaFileProblems(loaded).map(({ message }) => message),
      ...timeoutWarnings(loaded),
    ],
  }
}

/** Minimum session timeout in seconds that causes no warning. All tested clients keep their sessions alive with it. */
const shortestSafeTimeout = 10

function timeoutWarnings({ config, sourceOf }: LoadedConfig): string[] {
  const { timeout } = config.sessions
  if (timeout === 0 || timeout >= shortestSafeTimeout) return []
  const reason =
    'go2rtc loses its session every 10 s at 5 or less, ffmpeg floods with requests at 1'
  return [`${sourceOf(['sessions', 'timeout'])} ${timeout} is short for some clients: ${reason}`]
}
