import { Command, InvalidArgumentError } from 'commander'
import { type CommandOutput, runCommand } from '../config/commands/config-command.js'
import type { Environment } from '../config/environment.js'
import { findConfigFile, loadConfig } from '../config/load-config.js'
import { ConfigError } from '../config/problems.js'
import { checkHealth } from './health.js'
import { ownUrl } from './own-url.js'

const defaultTimeout = 5

interface HealthcheckOptions {
  readonly config?: string
  readonly timeout: number
}

/** Creates the command-line parser of `rtspool healthcheck`. */
export const createHealthcheckCommand = (
  check: (url: string | undefined, options: HealthcheckOptions) => void,
): Command =>
  new Command('rtspool healthcheck')
    .description('Asks a running server for its OPTIONS, for containers and monitors.')
    .argument('[url]', 'URL of the server (default: the address in the configuration)')
    .option('--config <file>', 'file of configuration (default: the one that rtspool would read)')
    .option('--timeout <seconds>', 'wait this long for the response', secondsOf, defaultTimeout)
    .action(check)

/**
 * Runs `rtspool healthcheck`.
 *
 * @param args - Arguments after `healthcheck`.
 * @param environment - Environment variables, the same as those of the server.
 * @returns The exit code: 0 for a server that responds, 1 for one that does not, 2 for a bad
 * command line or configuration.
 */
export async function healthcheckCommand(
  args: readonly string[],
  output: CommandOutput,
  environment: Environment,
): Promise<number> {
  let asked: Promise<number> | undefined
  const command = createHealthcheckCommand((url, { config, timeout }) => {
    asked = check(url ?? urlOfConfig(config, environment), timeout, output)
  })
  try {
    return runCommand(command, args, output) ?? (await asked) ?? 0
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    for (const { message } of error.problems) output.stderr(`error: ${message}\n`)
    return 2
  }
}

async function check(url: string, timeout: number, output: CommandOutput): Promise<number> {
  const { line, exitCode } = await checkHealth(url, timeout)
  if (exitCode === 0) output.stdout(`${line}\n`)
  else output.stderr(`${line}\n`)
  return exitCode
}

function urlOfConfig(named: string | undefined, environment: Environment): string {
  const file = findConfigFile(named ?? (environment.RTSPOOL_CONFIG || undefined))
  const noFlags = { kind: 'flags', tree: {}, sourceOf: String } as const
  return ownUrl(loadConfig({ file, environment, flags: noFlags, users: [] }).config)
}

function secondsOf(text: string): number {
  const value = Number(text)
  if (value > 0 && value <= 3600) return value
  throw new InvalidArgumentError('Expected a number of seconds above 0, at most 3600.')
}
