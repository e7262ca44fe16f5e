import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A server of Redis without persistence, which nobody but this test reaches. */
export interface RedisServer {
  /** Path of the Unix socket on which the server listens. It listens on no port. */
  readonly path: string
  /** Ends the server, and removes its folder. */
  stop(): Promise<void>
}

const readyText = 'eady to accept connections'

/** Starts `redis-server`, and waits until it accepts connections. */
export async function startRedisServer(): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'rtspool-redis-'))
  const path = join(folder, 'socket')
  const args = ['--port', '0', '--unixsocket', path, '--save', '', '--appendonly', 'no']
  const child = spawn('redis-server', [...args, '--dir', folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  await readyOf(child)
  return {
    path,
    async stop() {
      child.kill('SIGKILL')
      await ended
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
