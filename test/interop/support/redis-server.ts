import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A server of Redis or Valkey, which nobody but this test reaches. */
export interface RedisServer {
  /** Path of the Unix socket on which the server listens. It listens on no port. */
  readonly path: string
  /** Stops the process, which keeps its connections and replies to nothing. */
  pause(): void
  /** Lets a stopped process go on. */
  resume(): void
  /** Kills the process. */
  kill(): Promise<void>
  /**
   * Starts the server on the same socket, after {@link kill}.
   *
   * @param isEmpty - `false`: with the data of its file, if it writes one. By default without data.
   */
  restart(isEmpty?: boolean): Promise<void>
  /** Ends the server, and removes its folder. */
  stop(): Promise<void>
}

const readyText = 'eady to accept connections'

/**
 * Starts a server, and waits until it accepts connections.
 *
 * @param program - Name or path of the program.
 * @param isAppendOnly - The server writes each change to a file, and syncs the file once a second.
 */
export async function startRedisServer({
  program = 'redis-server',
  isAppendOnly = false,
} = {}): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'rtspool-redis-'))
  const path = join(folder, 'socket')
  const file = ['--appendonly', isAppendOnly ? 'yes' : 'no', '--appendfsync', 'everysec']
  const args = ['--port', '0', '--unixsocket', path, '--save', '', ...file]
  const start = () => {
    const options = ['ignore', 'pipe', 'inherit'] as ['ignore', 'pipe', 'inherit']
    const child = spawn(program, [...args, '--dir', folder], { stdio: options })
    return { child, ended: once(child, 'exit') }
  }
  let running = start()
  await readyOf(running.child)
  const kill = async () => {
    running.child.kill('SIGKILL')
    await running.ended
  }
  return {
    path,
    kill,
    pause: () => void running.child.kill('SIGSTOP'),
    resume: () => void running.child.kill('SIGCONT'),
    async restart(isEmpty = true) {
      if (isEmpty) rmSync(join(folder, 'appendonlydir'), { recursive: true, force: true })
      running = start()
      await readyOf(running.child)
    },
    async stop() {
      await kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function readyOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = ''
    child.stdout?.on('data', (chunk) => {
      log += chunk
      if (log.includes(readyText)) resolve()
    })
    child.on('error', reject)
    child.on('exit', () => reject(new Error(`redis-server has ended: ${log.slice(-500)}`)))
  })
}
