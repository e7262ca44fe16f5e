import { Command, CommanderError, Option } from 'commander'
import { captureOutput, unknownOption } from 'rtspool-conform/command-line'
import { ShareLogins } from './access/share-logins.js'
import type { Environment } from './config/environment.js'
import { type ConfigSources, findConfigFile } from './config/load-config.js'
import { OptionValueError } from './config/option-value-error.js'
import { ConfigError } from './config/problems.js'
import { keySchema } from './config/schema.js'
import { loadSettings, type Settings } from './config/settings.js'
import { flagsLayer } from './options/flags-layer.js'
import { type OptionEntry, optionTable } from './options/option-table.js'

/**
 * Settings of the command, and the sources (file, environment, command line) from which a reload
 * reads them again.
 */
export interface CommandOptions {
  readonly sources: ConfigSources
  readonly settings: Settings
}

/** Action that a command line requests: serve, or print a text and exit. */
export type Invocation =
  | { readonly kind: 'serve'; readonly options: CommandOptions }
  | { readonly kind: 'print'; readonly stdout: string; readonly exitCode: 0 }
  | { readonly kind: 'refuse'; readonly stderr: string; readonly exitCode: 2 }

/** Collects the values of an option that may be repeated: returns the earlier values and the new one. */
const collect = (text: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  text,
]

/** Converts an entry of {@link optionTable} to an option of commander. */
function optionOf({ flags, text, value, defaultText, isRepeated }: OptionEntry): Option {
  const words = defaultText === undefined ? text : `${text} (default: ${defaultText})`
  const option = new Option(flags, words)
  if (value !== undefined) option.default(value)
  return isRepeated ? option.argParser(collect) : option
}

/**
 * Creates the command-line parser of the server.
 *
 * @param version - Version that `--version` prints.
 */
export function createCommand(version: string): Command {
  const command = new Command('rtspool')
    .description('An RTSP server: plays /test, and relays whatever is published to any other path.')
    .usage('[options]')
    .allowExcessArguments(false)
  for (const entry of optionTable(keySchema())) command.addOption(optionOf(entry))
  return command
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', otherCommands)
}

const otherCommands = `
rtspool init writes an example of a file of configuration: rtspool init --help
rtspool config check FILE names each mistake of such a file: rtspool config --help
rtspool user add NAME adds a user to the file of users: rtspool user --help
rtspool camera serves virtual cameras with faults, for tests: rtspool camera --help
rtspool control lists and ends sessions of a running server and its cluster: rtspool control --help
rtspool healthcheck says whether a server responds: rtspool healthcheck --help
rtspool completion SHELL prints a script for bash, zsh or fish: rtspool completion --help
rtspool conform URL tries the rules of RTSP on another server: rtspool conform --help`

const excess = 'expected options, or a command and its arguments; see --help'

/**
 * Parses a command line, and reads the configuration.
 *
 * @param args - Arguments without the name of the program, as in `process.argv.slice(2)`.
 * @param version - Version that `--version` prints.
 * @param environment - Environment of the process.
 * @returns The action. Mistakes become an action that prints one line for each; nothing is thrown.
 */
export function parseCommandLine(
  args: readonly string[],
  version: string,
  environment: Environment = {},
): Invocation {
  const command = createCommand(version)
  const output = captureOutput(command)
  try {
    command.parse(args, { from: 'user' })
    return { kind: 'serve', options: commandOptions(command, environment) }
  } catch (error) {
    if (error instanceof ConfigError) return refusal(error.message.split('\n'))
    if (error instanceof OptionValueError) return refusal([error.message])
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return { kind: 'print', stdout: output.stdout, exitCode: 0 }
    // Not quoted: it may be a password whose option is missing.
    if (error.code === 'commander.excessArguments') return refusal([excess])
    if (error.code === 'commander.unknownOption') return refusal([unknownOption(error, command)])
    return refusal([oneLine(output.stderr || error.message)])
  }
}

function commandOptions(command: Command, environment: Environment): CommandOptions {
  const { publish, publishUser, config, user } = command.opts<{
    readonly publish: boolean
    readonly publishUser?: readonly string[]
    readonly config?: string
    readonly user?: readonly string[]
  }>()
  if (!publish && publishUser !== undefined) {
    throw new OptionValueError('--publish-user and --no-publish exclude each other')
  }
  const sources: ConfigSources = {
    file: findConfigFile(config ?? (environment.RTSPOOL_CONFIG || undefined)),
    environment,
    flags: flagsLayer(keySchema(), command),
    users: user ?? [],
    shares: new ShareLogins(),
  }
  return { sources, settings: loadSettings(sources) }
}

/** Joins a message to one line: some messages of commander have a second line with a suggestion. */
const oneLine = (message: string): string =>
  message
    .trim()
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ')

function refusal(lines: readonly string[]): Invocation {
  const stderr = lines.map((line) => `error: ${line}\n`).join('')
  return { kind: 'refuse', stderr, exitCode: 2 }
}
