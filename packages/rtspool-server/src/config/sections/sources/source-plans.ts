import { readFileSync } from 'node:fs'
import type { PullPlan } from '../../../sources/pull/pull-plan.js'
import type { SourcePlan } from '../../../sources/source-service.js'
import type { Environment } from '../../environment.js'
import type { LoadedConfig } from '../../load-config.js'
import { ConfigError, type ConfigProblem } from '../../problems.js'
import type { Config } from '../../schema.js'

type PullSettings = NonNullable<Config['sources'][string]['pull']>

/**
 * Returns the plans (settings) of the sources that a configuration requires, with the passwords from their files and
 * variables.
 *
 * @throws {ConfigError} Lists files that cannot be read, and variables that are not set.
 */
export function sourcePlansOf(loaded: LoadedConfig, environment: Environment): SourcePlan[] {
  const problems: ConfigProblem[] = []
  const plans = Object.entries(loaded.config.sources).flatMap(
    ([path, { exec, pull, slate, ...common }]): SourcePlan[] => {
      if (exec) return [{ kind: 'exec', path, ...common, ...exec, folder: exec.folder, slate }]
      if (!pull) return []
      const refuse = (key: string, says: string): undefined => {
        const place = ['sources', path, 'pull', key]
        const source = loaded.sourceOf(place)
        problems.push({ path: place, source, says, message: `${source} ${says}` })
      }
      const password = passwordOf(pull, environment, refuse)
      return [{ kind: 'pull', path, ...common, ...pullPlan(pull), slate, password }]
    },
  )
  if (problems.length > 0) throw new ConfigError(problems)
  return plans
}

function pullPlan(
  pull: PullSettings,
): Pick<PullPlan, Exclude<keyof PullSettings, `password${string}`>> {
  const { url, failover, returnSeconds, username, onvif } = pull
  const { transport, fingerprint, basic, maxRedirects } = pull
  return {
    ...{ url, failover, returnSeconds, username, onvif },
    ...{ transport, fingerprint, basic, maxRedirects },
  }
}

function passwordOf(
  { passwordFile, passwordVariable }: PullSettings,
  environment: Environment,
  refuse: (key: string, says: string) => undefined,
): string | undefined {
  if (passwordFile !== undefined && passwordVariable !== undefined) {
    return refuse('passwordFile', 'and passwordVariable exclude each other')
  }
  if (passwordVariable !== undefined) {
    const password = environment[passwordVariable]
    return password ?? refuse('passwordVariable', `names ${passwordVariable}, which is not set`)
  }
  if (passwordFile === undefined) return undefined
  try {
    return readFileSync(passwordFile, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return refuse('passwordFile', `${passwordFile} cannot be read: ${reason}`)
  }
}
