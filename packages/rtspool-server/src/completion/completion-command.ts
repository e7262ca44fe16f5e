import { type CommandOutput, runCommand } from '../config/commands/config-command.js'
import { bashScript } from './bash.js'
import type { Completions } from './completed-command.js'
import { createCompletionCommand, type Shell } from './completion-parser.js'
import { completions } from './completions.js'
import { fishScript } from './fish.js'
import { zshScript } from './zsh.js'

const scripts: Readonly<Record<Shell, (all: Completions) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
}

/**
 * Runs `rtspool completion`, which prints the completion script for a shell.
 *
 * @param args - Arguments after `completion`.
 * @returns The exit code: 2 for a bad command line.
 */
export function completionCommand(args: readonly string[], output: CommandOutput): number {
  const command = createCompletionCommand((shell) => output.stdout(scripts[shell](completions())))
  return runCommand(command, args, output) ?? 0
}
