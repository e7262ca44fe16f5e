import { Argument, Command } from 'commander'

/** Shells for which there are completion scripts. */
export const shells = ['bash', 'zsh', 'fish'] as const

/** Name of one of the {@link shells}. */
export type Shell = (typeof shells)[number]

/**
 * Creates the parser of `rtspool completion`.
 *
 * @param print - Called with the name of the shell.
 */
export const createCompletionCommand = (print: (shell: Shell) => void): Command =>
  new Command('rtspool completion')
    .description('Prints a script with which a shell completes commands, options and keys.')
    .addArgument(new Argument('<shell>', 'bash, zsh or fish').choices(shells))
    .action(print)
