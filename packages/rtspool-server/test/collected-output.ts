import type { CommandOutput } from '../src/config/commands/config-command.js'

/** An output of a command that keeps the text. */
export class CollectedOutput implements CommandOutput {
  readonly text = { stdout: '', stderr: '' }

  readonly stdout = (text: string): void => {
    this.text.stdout += text
  }

  readonly stderr = (text: string): void => {
    this.text.stderr += text
  }
}
