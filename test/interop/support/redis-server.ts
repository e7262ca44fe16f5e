import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A server of Redis without persistence, which nobody but this test reaches. */
export interface RedisServer {
  /** Path of the Unix socket on which the server listens. It listens on no port. */
  readonly path: string
  /** Stops the process, which keeps its connections and replies to nothing. */
  pause(): void
  /** Lets a stopped process go on. */
  resume(): void
  /** Kills the process. */
  kill(): Promise<void>
  /** Starts the server without data, on the same socket, after {@link kill}. */
  restart(): Promise<void>
  /** Ends the server, and removes its folder. */
  stop(): Promise<void>
}

const readyText = 'eady to accept connections'

/** Starts `redis-server`, and waits until it accepts connections. */
export async function startRedisServer(): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'rtspool-redis-'))
  const path = join(folder, 'socket')
  const args = ['--port', '0', '--unixsocket', path, '--save', '', '--appendonly', 'no']
  const start = () => {
    const options = ['ignore', 'pipe', 'inherit'] as ['ignore', 'pipe', 'inherit']
    const child = spawn('redis-server', [...args, '--dir', folder], { stdio: options })
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
    async restart() {
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
