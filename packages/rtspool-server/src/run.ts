import { readFileSync } from 'node:fs'
import { takeEnvironment } from './config/environment.js'
import { type Invocation, parseCommandLine } from './options.js'
import { OwnProcess } from './processes/own-process.js'
import { serve } from './serve.js'

/**
 * Runs the command: parses its arguments, serves until a signal arrives, and closes the server. The first SIGINT closes
 * the server at once, the first SIGTERM after at most `--drain-seconds`. A second signal ends the process at once. The
 * first argument may name another command, such as `conform`, which tests another server.
 *
 * @param args - Arguments without the name of the program, as in `process.argv.slice(2)`.
 * @returns The exit code: 0 after a clean end, 1 if the server could not start, 2 for a bad command
 *   line.
 */
export async function run(args: readonly string[]): Promise<number> {
  const version = ownVersion()
  const command = commands[args[0] ?? '']
  if (command) {
    endWithReader()
    return command(args.slice(1), version)
  }
  const environment = takeEnvironment(process.env)
  const own = OwnProcess.of(environment)
  try {
    return await carryOut(parseCommandLine(args, version, environment), version, own)
  } finally {
    own?.close()
  }
}

/** Carries out what a command line without a subcommand requests. @returns The exit code */
async function carryOut(
  invocation: Invocation,
  version: string,
  own: OwnProcess | undefined,
): Promise<number> {
  switch (invocation.kind) {
    case 'print':
      endWithReader()
      process.stdout.write(invocation.stdout)
      return invocation.exitCode
    case 'refuse':
      process.stderr.write(invocation.stderr)
      return invocation.exitCode
    case 'serve': {
      const { options } = invocation
      const isOne = options.settings.config.cluster.processes === 1
      if (own || isOne) return serve(options, version, own)
      const { serveProcesses } = await import('./processes/serve-processes.js')
      return serveProcesses(options, version)
    }
  }
}

/**
 * Ends the process quietly if the reader of its output has gone, as `head` does after its last line. Other errors of the
 * output end the process with their message.
 */
function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit()
    throw error
  })
}

type SubCommand = (args: readonly string[], version: string) => Promise<number>

/** Functions with which the subcommands print. */
const output = {
  stdout: (text: string) => void process.stdout.write(text),
  stderr: (text: string) => void process.stderr.write(text),
}

/** Subcommands by name. Each is loaded only when it is used, because a server does not need it. */
const commands: Readonly<Record<string, SubCommand | undefined>> = {
  __proto__: null as never,
  conform: async (args, version) => {
    const { conform } = await import('rtspool-conform')
    return conform(args, version, { ...output, width: process.stdout.columns })
  },
  config: async (args) => {
    const { configCommand } = await import('./config/commands/config-command.js')
    return configCommand(args, output)
  },
  camera: async (args, version) => {
    const { cameraCommand } = await import('./camera/camera-command.js')
    return cameraCommand(args, version, output)
  },
  init: async (args) => {
    const { initCommand } = await import('./config/commands/init-command.js')
    return initCommand(args, output)
  },
  user: async (args) => {
    const { userCommand } = await import('./users/user-command.js')
    const terminal = { input: process.stdin, output: process.stderr }
    return userCommand(args, output, process.env, terminal)
  },
  completion: async (args) => {
    const { completionCommand } = await import('./completion/completion-command.js')
    return completionCommand(args, output)
  },
  control: async (args) => {
    const { controlCommand } = await import('./control/control-command.js')
    return controlCommand(args, output, process.env)
  },
  healthcheck: async (args) => {
    const { healthcheckCommand } = await import('./health/healthcheck-command.js')
    return healthcheckCommand(args, output, process.env)
  },
}

function ownVersion(): string {
  const file = new URL('../package.json', import.meta.url)
  const manifest: { readonly version: string } = JSON.parse(readFileSync(file, 'utf8'))
  return manifest.version
}
