import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { Program, until } from './process.js'

const command = fileURLToPath(
  new URL('../../../packages/rtspool-server/lib/main.js', import.meta.url),
)

/** A virtual camera that plays a file: its process, URL and port. */
export interface FileCamera {
  readonly program: Program
  readonly url: string
  readonly port: string
}

/** Starts a virtual camera that serves a file at `/file`. */
export async function startFileCamera(file: string, port = '0'): Promise<FileCamera> {
  const program = new Program(process.execPath, [command, 'camera', file, '--port', port])
  const line = /serves virtual cameras on (rtsp:\S+:(\d+))/
  await until(() => line.test(program.stdout) || !program.isRunning)
  const [, url = '', boundPort = ''] = line.exec(program.stdout) ?? []
  expect(url, program.stderr).not.toBe('')
  return { program, url: `${url}/file`, port: boundPort }
}
