/** A built checkout of rtspool, of any commit: its library, its compiled files and its command. */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { waitUntil } from './waiting.mjs'

/** Folders of the command, the newest first. */
const commandFolders = ['packages/rtspool-server', 'packages/server']

export class Build {
  /** @param {string} root - Folder of the checkout. */
  constructor(root) {
    this.root = root
    const folder = commandFolders.find((name) => existsSync(join(root, name, 'bin/rtspool.js')))
    if (folder === undefined) throw new Error(`${root}: expected a built checkout of rtspool`)
    this.commandFolder = join(root, folder)
  }

  /**
   * Loads an entry of the library.
   *
   * @param {...string} names - Names of the entry, such as `.` or `./file`; the first one that exists counts.
   */
  entry(...names) {
    const folder = join(this.root, 'packages/rtspool')
    const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const name = names.find((each) => exports[each] !== undefined)
    if (name === undefined) throw new Error(`no entry ${names.join(' or ')} in this build`)
    return import(pathToFileURL(join(folder, exports[name].default)).href)
  }

  /** Loads a compiled file of the library, by its path in `dist`. */
  file(path) {
    return import(pathToFileURL(join(this.root, 'packages/rtspool/dist', path)).href)
  }

  /**
   * Starts a server of the library on a free port.
   *
   * @returns The server, its address for clients, and the library.
   */
  async serve(options = {}, host = '127.0.0.1') {
    const library = await this.entry('.')
    const server = new library.RtspServer({ port: 0, host, ...options })
    server.mounts.allowPublish('/*')
    await server.listen()
    return { library, server, to: { host, port: server.address().port } }
  }

  /**
   * Starts the command on a free port of every address.
   *
   * @param {readonly string[]} args
   * @param {{ env?: object, node?: readonly string[], errors?: 'pipe' | number, isUnread?: boolean }} options
   */
  async command(args = [], { env = {}, node = [], errors = 'pipe', isUnread = false } = {}) {
    const bin = join(this.commandFolder, 'bin/rtspool.js')
    const child = spawn(process.execPath, [...node, bin, '--port', '0', ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', errors],
    })
    const run = { child, stdout: '', stderr: '', port: 0, ended: undefined }
    process.once('exit', () => child.kill('SIGKILL'))
    child.stdout.setEncoding('utf8').on('data', (text) => {
      run.stdout += text
    })
    if (!isUnread) {
      child.stderr?.setEncoding('utf8').on('data', (text) => {
        run.stderr += text
      })
    }
    child.once('exit', (code, signal) => {
      run.ended = code ?? signal
    })
    const listens = /listens on rtsp:\/\/[^\s]*?:(\d+)[ /]/
    await waitUntil(() => listens.test(run.stdout) || run.ended !== undefined, 40_000)
    run.port = Number(listens.exec(run.stdout)?.[1] ?? 0)
    return run
  }
}
