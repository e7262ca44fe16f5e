import type { Command } from 'commander'

/** Text that a command has printed so far, in place of the output of the process. */
export interface CapturedOutput {
  readonly stdout: string
  readonly stderr: string
}

/**
 * Makes a command collect what it prints, and throw a `CommanderError` where it would end the process. Turns off the
 * suggestions of commander, which {@link unknownOption} replaces.
 *
 * @returns Object whose texts grow while the command parses.
 */
export function captureOutput(command: Command): CapturedOutput {
  const output = { stdout: '', stderr: '' }
  command
    .exitOverride()
    .showSuggestionAfterError(false)
    .configureOutput({
      writeOut: (text) => {
        output.stdout += text
      },
      writeErr: (text) => {
        output.stderr += text
      },
    })
  return output
}
