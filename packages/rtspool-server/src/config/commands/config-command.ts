import { Command, CommanderError } from 'commander'
import { readConfigFile } from '../config-file.js'
import { checkConfigFile, findConfigFile } from '../load-config.js'
import { mediaFileProblems, namedFileProblems } from '../named-files.js'
import { ConfigError } from '../problems.js'
import { publicJsonSchema } from '../schema.js'

/** Functions that print a command's output and errors: each receives text with its line breaks. */
export interface CommandOutput {
  stdout(text: string): void
  stderr(text: string): void
}

/** Functions that run `rtspool config check` and `rtspool config schema`. */
interface ConfigActions {
  check(file: string | undefined): void
  schema(): void
}

/** Creates the command-line parser of `rtspool config`. */
export function createConfigCommand({ check, schema }: ConfigActions): Command {
  const command = new Command('rtspool config').description(
    'Checks and describes the configuration.',
  )
  command
    .command('check')
    .argument('[file]', 'file of configuration (default: the one that rtspool would read)')
    .description(
      'name each mistake of a file with its line and column, and files that it names but that cannot be read',
    )
    .action(check)
  command
    .command('schema')
    .description('print the JSON Schema of the file, for editors')
    .action(schema)
  return command
}

/**
 * Runs `rtspool config`.
 *
 * @param args - Arguments after `config`.
 * @returns The exit code: 0 without mistakes, 1 with mistakes in the file, 2 for a bad command line.
 */
export function configCommand(args: readonly string[], output: CommandOutput): number {
  let exitCode = 0
  const command = createConfigCommand({
    check: (file) => {
      exitCode = check(file ?? (process.env.RTSPOOL_CONFIG || undefined), output)
    },
    schema: () => output.stdout(`${JSON.stringify(publicJsonSchema(), undefined, 2)}\n`),
  })
  return runCommand(command, args, output) ?? exitCode
}

/**
 * Parses the arguments of a command with commander, and runs the command.
 *
 * @returns The exit code if the arguments are wrong or ask for help; `undefined` after the command
 *   ran.
 */
export function runCommand(
  command: Command,
  args: readonly string[],
  output: CommandOutput,
): number | undefined {
  const { stdout: writeOut, stderr: writeErr } = output
  for (const each of [command, ...command.commands]) {
    each.exitOverride().configureOutput({ writeOut, writeErr })
  }
  try {
    command.parse(args, { from: 'user' })
    return undefined
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    throw error
  }
}

function check(name: string | undefined, { stdout, stderr }: CommandOutput): number {
  const file = findConfigFile(name)
  if (file === undefined) {
    stderr('error: there is no rtspool.yml here or in /etc/rtspool; rtspool init writes one\n')
    return 1
  }
  try {
    const loaded = checkConfigFile(readConfigFile(file), process.env)
    for (const { message } of mediaFileProblems(loaded)) stderr(`warning: ${message}\n`)
    const problems = namedFileProblems(loaded, process.env)
    if (problems.length > 0) throw new ConfigError(problems)
    stdout(`${file} has no mistakes\n`)
    return 0
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    for (const { message } of error.problems) stderr(`${message}\n`)
    return 1
  }
}
