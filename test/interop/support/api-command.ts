import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ApiClient } from '../../../packages/rtspool-server/test/api/api-client.js'
import { Program, until } from './process.js'

const main = fileURLToPath(new URL('../../../packages/rtspool-server/lib/main.js', import.meta.url))

export interface ApiCommandOptions {
  /** Command that runs the server, as its last arguments. */
  readonly within?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Folder of an earlier start, with the file of its tokens. */
  readonly folder?: string
  /** Token of an earlier start. */
  readonly token?: string
  /** Text of the file of configuration. */
  readonly config?: string
}

/** @returns A client of the control API of a command, which has printed its first token. */
export function connectToApi({ stdout }: Program): Promise<ApiClient> {
  const url = /control API on (\S+)/.exec(stdout)?.[1]
  const token = /(rtspool_\S+)/.exec(stdout)?.[1]
  if (!url || !token) throw new Error(`no control API: ${stdout}`)
  return ApiClient.connect(url, token)
}

/** The real command with a control API, in a folder of its own. */
export class ApiCommand {
  readonly program: Program
  readonly folder: string
  /** URL of the API. */
  readonly url: string
  readonly rtspUrl: string
  /** Token that this start has printed. */
  readonly printedToken: string | undefined
  readonly adminToken: string
  readonly api: ApiClient

  private constructor(
    program: Program,
    folder: string,
    facts: { url: string; rtspUrl: string; printedToken: string | undefined; adminToken: string },
    api: ApiClient,
  ) {
    this.program = program
    this.folder = folder
    this.url = facts.url
    this.rtspUrl = facts.rtspUrl
    this.printedToken = facts.printedToken
    this.adminToken = facts.adminToken
    this.api = api
  }

  static async start(
    args: readonly string[] = [],
    { within = [], env = {}, config, folder = newFolder(config), token }: ApiCommandOptions = {},
  ): Promise<ApiCommand> {
    const own = ['--host', '127.0.0.1', '--port', '0', '--api-port', '0']
    const [first = '', ...rest] = [...within, process.execPath, main, ...own, ...args]
    const program = new Program(first, rest, { cwd: folder, env })
    await until(() => /publish {2}\S/.test(program.stdout) || !program.isRunning)
    const { stdout, stderr } = program
    const url = /control API on (\S+)/.exec(stdout)?.[1]
    const rtspUrl = /listens on (rtsp:\/\/[^\s/]*)/.exec(stdout)?.[1]
    if (!url || !rtspUrl) throw new Error(`the command did not start: ${stdout}${stderr}`)
    const printedToken = /(rtspool_\S+)/.exec(stdout)?.[1]
    const adminToken = printedToken ?? token ?? ''
    const api = await ApiClient.connect(url, adminToken)
    return new ApiCommand(program, folder, { url, rtspUrl, printedToken, adminToken }, api)
  }

  /** Everything that the command has printed. */
  get printed(): string {
    return this.program.stdout + this.program.stderr
  }

  async stop(): Promise<number | string> {
    const status = await this.program.stop('SIGTERM')
    rmSync(this.folder, { recursive: true, force: true })
    return status
  }
}

/** Makes a folder with a file of configuration, into which the API can save. */
function newFolder(config = '# empty'): string {
  const folder = mkdtempSync(join(tmpdir(), 'rtspool-control-'))
  writeFileSync(join(folder, 'rtspool.yml'), `${config}\n`)
  return folder
}
