import { fileURLToPath } from 'node:url'
import { Program, until } from '../../interop/support/process.js'
import { testClip } from '../../interop/support/server.js'
import { type Route, serverAddresses } from './route.js'

export type ServerName = 'rtspool' | 'gst-rtsp-server'

const command = fileURLToPath(
  new URL('../../../packages/rtspool-server/lib/main.js', import.meta.url),
)
const peer = fileURLToPath(new URL('gst-rtsp-server-peer.py', import.meta.url))

/** A server that a player is tried with. */
export interface TriedServer {
  /** What can be played. @param path - `live` is what ffmpeg publishes, with packets of 1472 bytes; `test` is its own. */
  url(path: 'live' | 'test'): string
  /** All that it has said. */
  readonly log: string
  close(): Promise<void>
}

/** The server on the server's end of a route, with live H.264 of 25 pictures a second. */
export async function startServer(
  name: ServerName,
  route: Route,
  family: 4 | 6,
): Promise<TriedServer> {
  const address = serverAddresses[family]
  const host = family === 4 ? address : `[${address}]`
  const [first = '', ...rest] = [...route.within('server'), ...commandOf(name, address)]
  const program = new Program(first, rest)
  const url = (path: string) => `rtsp://${host}:8554/${path}`
  const begun = name === 'rtspool' ? /listens on/ : /listening/
  await until(() => begun.test(program.stdout) || !program.isRunning)
  if (!program.isRunning) throw new Error(`${name} did not start: ${program.stderr}`)
  const publisher = name === 'rtspool' ? publish(route, url('live')) : undefined
  if (publisher && !(await until(() => program.stderr.includes('publishing started')))) {
    throw new Error(`ffmpeg did not publish: ${publisher.stderr}`)
  }
  return {
    url,
    get log() {
      return program.stderr
    },
    close: async () => {
      await publisher?.stop('SIGKILL')
      await program.stop('SIGKILL')
    },
  }
}

const commandOf = (name: ServerName, address: string): readonly string[] =>
  name === 'rtspool'
    ? [process.execPath, command, '--host', address, '--log-level', 'debug']
    : ['/usr/bin/python3', peer, address]

/** By TCP, pictures and no sound: each packet that a picture fills has 1472 bytes. */
function publish(route: Route, url: string): Program {
  const [first = '', ...rest] = [
    ...route.within('server'),
    ...['ffmpeg', '-hide_banner', '-nostdin', '-loglevel', 'error'],
    ...['-re', '-stream_loop', '-1', '-i', testClip, '-an', '-c', 'copy'],
    ...['-f', 'rtsp', '-rtsp_transport', 'tcp', url],
  ]
  return new Program(first, rest)
}
