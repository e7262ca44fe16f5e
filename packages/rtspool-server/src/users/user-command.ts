import { Command, InvalidArgumentError } from 'commander'
import { type CommandOutput, runCommand } from '../config/commands/config-command.js'
import type { Environment } from '../config/environment.js'
import { OptionValueError } from '../config/option-value-error.js'
import { ConfigError } from '../config/problems.js'
import { FileError } from '../config/save/file-error.js'
import { isRole, roleText } from '../config/users/stored-users.js'
import { PasswordError, type PasswordSource } from './read-password.js'
import { UserEditor } from './user-editor.js'

interface FileOptions {
  readonly file?: string
  readonly config?: string
}

interface PasswordOptions extends FileOptions {
  readonly tlsOnly?: boolean
}

interface AddOptions extends PasswordOptions {
  readonly role?: readonly string[]
}

type RunUserAction = (options: FileOptions, action: (editor: UserEditor) => Promise<string>) => void

/**
 * Creates the command-line parser of `rtspool user`.
 *
 * @param source - Terminal or pipe from which the password is read.
 * @param run - Called with the options and the action that the command line requests, such as to add a user.
 */
export function createUserCommand(source: PasswordSource, run: RunUserAction): Command {
  const command = new Command('rtspool user').description(
    'Changes the file of users, which holds hashes in place of passwords.',
  )
  addPasswordCommands(command, source, run)
  fileOptions(command.command('remove').argument('<name>'))
    .description('remove a user')
    .action((name: string, options: FileOptions) => run(options, (users) => users.remove(name)))
  fileOptions(command.command('list'))
    .description('list users with their roles and kinds of login')
    .action((options: FileOptions) => run(options, (users) => users.list()))
  return command
}

/**
 * Runs `rtspool user`.
 *
 * @param args - Arguments after `user`; never a password, because other users of the machine can
 * list command lines.
 * @param source - Terminal or pipe from which the password is read.
 * @returns The exit code: 1 if nothing has changed, 2 for a bad command line or configuration.
 */
export async function userCommand(
  args: readonly string[],
  output: CommandOutput,
  environment: Environment,
  source: PasswordSource,
): Promise<number> {
  let running: Promise<void> | undefined
  const run: RunUserAction = (options, action) => {
    running = action(new UserEditor(options, environment)).then(output.stdout)
  }
  const command = createUserCommand(source, run)
  try {
    const exitCode = runCommand(command, args, output)
    await running
    return exitCode ?? 0
  } catch (error) {
    return refusal(error, output)
  }
}

function addPasswordCommands(command: Command, source: PasswordSource, run: RunUserAction): void {
  passwordOptions(command.command('add').argument('<name>'))
    .description('add a user; the password is asked for, or is the first line of the input')
    .option('--role <role>', 'a role of the user; may be repeated', addRole)
    .action((name: string, { role = [], tlsOnly = false, ...options }: AddOptions) =>
      run(options, (users) => users.add(name, role, source, tlsOnly)),
    )
  passwordOptions(command.command('passwd').argument('<name>'))
    .description('change the password of a user')
    .action((name: string, { tlsOnly = false, ...options }: PasswordOptions) =>
      run(options, (users) => users.changePassword(name, source, tlsOnly)),
    )
}

const fileOptions = (command: Command): Command =>
  command
    .option('--file <file>', 'file of users in YAML (default: auth.usersFile)')
    .option('--config <file>', 'file of configuration (default: the one that rtspool would read)')

const passwordOptions = (command: Command): Command =>
  fileOptions(command).option(
    '--tls-only',
    'store no hash for Digest: the user logs in by Basic, inside TLS',
  )

function addRole(role: string, before: readonly string[] = []): readonly string[] {
  if (!isRole(role)) throw new InvalidArgumentError(`Expected ${roleText}.`)
  return [...before, role]
}

/** Classes of errors whose messages are printed as they are, because they tell the user what to do. */
const explainedErrors = [OptionValueError, PasswordError, FileError] as const

function refusal(error: unknown, output: CommandOutput): number {
  if (error instanceof ConfigError) {
    for (const { message } of error.problems) output.stderr(`error: ${message}\n`)
    return 2
  }
  const isExplained = explainedErrors.some((kind) => error instanceof kind)
  if (!isExplained) throw error
  output.stderr(`error: ${(error as Error).message}\n`)
  return 1
}
