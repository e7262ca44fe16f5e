import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Program, until } from './process.js'

const main = fileURLToPath(new URL('../../../packages/rtspool-server/lib/main.js', import.meta.url))

/** A line of the log. */
export interface LogLine {
  readonly level: string
  readonly msg: string
  readonly by?: string
  readonly port?: number
  readonly changed?: readonly string[]
  readonly problems?: readonly string[]
}

/** The command with a file of configuration in a folder of its own. */
export class ConfiguredCommand {
  readonly folder: string
  readonly file: string
  readonly program: Program
  url = ''

  private constructor(folder: string, file: string, program: Program) {
    this.folder = folder
    this.file = file
    this.program = program
  }

  /** @param files - Further files of the folder. */
  static async start(
    text: string,
    args: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
    files: Readonly<Record<string, string>> = {},
  ): Promise<ConfiguredCommand> {
    const folder = mkdtempSync(join(tmpdir(), 'rtspool-config-'))
    const file = join(folder, 'rtspool.yml')
    for (const [name, contents] of Object.entries(files)) {
      writeFileSync(join(folder, name), contents, { mode: 0o600 })
    }
    writeFileSync(file, text)
    const program = new Program(process.execPath, [main, '--config', file, ...args], { env })
    const command = new ConfiguredCommand(folder, file, program)
    const listens = /listens on (rtsp:\/\/[^\s/]*)/
    await until(() => listens.test(program.stdout) || !program.isRunning)
    const url = listens.exec(program.stdout)?.[1]
    if (!url) throw new Error(`the command did not start: ${program.stdout}${program.stderr}`)
    command.url = url
    return command
  }

  /** Replaces a file by another one, as editors do. */
  replace(text: string, name = 'rtspool.yml'): void {
    const next = join(this.folder, `${name}.new`)
    writeFileSync(next, text, { mode: 0o600 })
    renameSync(next, join(this.folder, name))
  }

  /** Lines of the log with a message. */
  lines(message: string): LogLine[] {
    const whole = this.program.stderr.split('\n').slice(0, -1)
    const lines = whole.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line))
    return lines.filter(({ msg }: LogLine) => msg === message)
  }

  /** Waits until a message stands in the log so many times. @returns The last of the lines. */
  async line(message: string, count = 1): Promise<LogLine> {
    await until(() => this.lines(message).length >= count || !this.program.isRunning)
    const lines = this.lines(message)
    const last = lines[count - 1]
    if (!last) throw new Error(`${count} × ${message} never came: ${this.program.stderr}`)
    return last
  }

  async stop(): Promise<number | string> {
    const status = await this.program.stop('SIGTERM')
    rmSync(this.folder, { recursive: true, force: true })
    return status
  }
}
