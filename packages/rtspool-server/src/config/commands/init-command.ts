import { writeFileSync } from 'node:fs'
import { Command } from 'commander'
import { defaultFiles } from '../config-file.js'
import { exampleConfig } from '../example-config.js'
import { type CommandOutput, runCommand } from './config-command.js'

const fileMode = 0o640

/**
 * Creates the command-line parser of `rtspool init`.
 *
 * @param write - Called with the name of the file to write.
 */
export const createInitCommand = (write: (file: string) => void): Command =>
  new Command('rtspool init')
    .description('Writes an example of a file of configuration, with all keys as comments.')
    .argument('[file]', 'file to write', defaultFiles[0])
    .action(write)

/**
 * Runs `rtspool init`.
 *
 * @param args - Arguments after `init`.
 * @returns The exit code: 1 if the file exists or cannot be written, 2 for a bad command line.
 */
export function initCommand(args: readonly string[], output: CommandOutput): number {
  let exitCode = 0
  const command = createInitCommand((file) => {
    exitCode = write(file, output)
  })
  return runCommand(command, args, output) ?? exitCode
}

function write(file: string, { stdout, stderr }: CommandOutput): number {
  try {
    writeFileSync(file, exampleConfig(), { flag: 'wx', mode: fileMode })
    stdout(`${file} written; rtspool --config ${file} uses it\n`)
    return 0
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST'
    const reason = error instanceof Error ? error.message : String(error)
    stderr(`error: ${isThere ? `${file} exists already, and stays` : reason}\n`)
    return 1
  }
}
