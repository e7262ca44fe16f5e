import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { until } from './process.js'
import { Viewer } from './viewer.js'

const main = fileURLToPath(new URL('../../../packages/rtspool-server/lib/main.js', import.meta.url))

/** The command under a shell script, which decides where its log goes. */
export class LoggedCommand {
  /** A folder of its own, in which the script runs. */
  readonly folder: string
  readonly child: ChildProcess
  url = ''

  private constructor(folder: string, child: ChildProcess) {
    this.folder = folder
    this.child = child
  }

  /**
   * Runs a script of `sh` in which `rtspool` starts the command, with its banner in the file `banner` and its process id in
   * the file `pid`. Nobody reads the standard error of the script.
   */
  static async start(script: string, ...options: string[]): Promise<LoggedCommand> {
    const folder = mkdtempSync(join(tmpdir(), 'rtspool-log-'))
    const args = ['--host', '127.0.0.1', '--port', '0', ...options]
    const starter = `#!/bin/sh\necho $$ >pid\nexec "${process.execPath}" "${main}" ${args.join(' ')} "$@" >banner\n`
    writeFileSync(join(folder, 'rtspool'), starter, { mode: 0o755 })
    const child = spawn('sh', ['-c', script], {
      cwd: folder,
      // `npx vitest` sets the name: the command would end with its parent.
      env: { ...process.env, npm_lifecycle_event: '', PATH: `${folder}:${process.env.PATH}` },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const command = new LoggedCommand(folder, child)
    const listens = /listens on (rtsp:\S+)/
    const isListening = await until(() => listens.test(command.text('banner')))
    if (!isListening) {
      await command.remove()
      throw new Error('the command does not listen')
    }
    command.url = listens.exec(command.text('banner'))?.[1] ?? ''
    return command
  }

  /** The contents of a file of the folder; empty while there is none. */
  text(name: string): string {
    try {
      return readFileSync(join(this.folder, name), 'utf8')
    } catch {
      return ''
    }
  }

  get pid(): number {
    return Number(this.text('pid'))
  }

  kill(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal)
  }

  /** Whether the process is there. */
  get isRunning(): boolean {
    try {
      process.kill(this.pid, 0)
      return true
    } catch {
      return false
    }
  }

  /**
   * Plays `/test` while another client sets up and tears down sessions.
   *
   * @returns The most milliseconds between two packets.
   */
  async longestGap(sessions: number): Promise<number> {
    const victim = await Viewer.join(`${this.url}/test`, 'tcp')
    let longest = 0
    let lastAt = performance.now()
    let packets = victim.packets
    const timer = setInterval(() => {
      const now = performance.now()
      longest = Math.max(longest, now - lastAt)
      if (victim.packets === packets) return
      packets = victim.packets
      lastAt = now
    }, 10)
    for (let session = 0; session < sessions; session++) {
      await (await Viewer.join(`${this.url}/test`, 'tcp')).leave('teardown')
    }
    await until(() => victim.packets > 100, 5000)
    clearInterval(timer)
    await victim.leave('close')
    return longest
  }

  /** Ends the command as a supervisor does. @returns The exit code, or why there is none. */
  async stop(): Promise<number | string> {
    const ended = this.child.exitCode === null ? once(this.child, 'exit') : [this.child.exitCode]
    this.kill('SIGTERM')
    // biome-ignore lint/style/noRestrictedGlobals: ends a command that does not end itself
    const timer = setTimeout(() => this.kill('SIGKILL'), 4000)
    const [code, signal] = await ended
    clearTimeout(timer)
    return code ?? signal
  }

  async remove(): Promise<void> {
    if (this.pid > 0 && this.isRunning) this.kill('SIGKILL')
    this.child.stderr?.destroy()
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill('SIGKILL')
      await once(this.child, 'exit')
    }
    rmSync(this.folder, { recursive: true, force: true })
  }
}
