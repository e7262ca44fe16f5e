import { fileURLToPath } from 'node:url'
import { RtspServer, type RtspServerOptions } from 'rtspool'
import { fileMedia } from 'rtspool/file'
import { Program, until } from './process.js'

/** The moving test picture: 256 pictures of 640x360 H.264 and 480 AAC frames in 10.24 s. */
export const testClip = fileURLToPath(
  new URL('../../../packages/rtspool-server/assets/test.mp4', import.meta.url),
)
const command = fileURLToPath(
  new URL('../../../packages/rtspool-server/lib/main.js', import.meta.url),
)

export interface RunningServer {
  /** `rtsp://host:port`, without a path. */
  readonly url: string
  readonly port: number
  close(): Promise<void>
}

export interface RunningLibrary extends RunningServer {
  readonly server: RtspServer
}

/** A server of the library in this process: `/test` plays the clip, `/live/*` may be published to. */
export async function startServer(options: RtspServerOptions = {}): Promise<RunningLibrary> {
  const server = new RtspServer({
    port: 0,
    host: '127.0.0.1',
    udpPorts: [20_000, 20_100],
    ...options,
  })
  server.mounts.add('/test', fileMedia(testClip, { loop: true }))
  server.mounts.allowPublish('/live/*')
  await server.listen()
  const { address, port } = server.address()
  const host = address.includes(':') ? `[${address}]` : address
  return { server, port, url: `rtsp://${host}:${port}`, close: () => server.close() }
}

/** The `rtspool` command as its users start it. */
export async function startCommand(...args: string[]): Promise<RunningServer> {
  const program = new Program(process.execPath, [
    command,
    ...['--host', '127.0.0.1', '--port', '0', '--log-level', 'silent', ...args],
  ])
  const listens = /listens on (rtsp:\/\/[^\s/]*:(\d+))/
  await until(() => listens.test(program.stdout) || !program.isRunning)
  const [, url, port] = listens.exec(program.stdout) ?? []
  if (!url) throw new Error(`the command did not start: ${program.stdout}${program.stderr}`)
  return {
    url,
    port: Number(port),
    close: async () => {
      const status = await program.stop('SIGTERM')
      if (status !== 0) throw new Error(`the command ended with ${status}: ${program.stderr}`)
    },
  }
}

/** Resolves when somebody has begun to publish to the path. */
export async function published(server: RtspServer, path: string): Promise<void> {
  const paths: string[] = []
  const listener = (started: string) => void paths.push(started)
  server.on('publishStarted', listener)
  try {
    if (!(await until(() => paths.includes(path)))) {
      throw new Error(`nobody has published to ${path}`)
    }
  } finally {
    server.off('publishStarted', listener)
  }
}
