import { createServer } from 'node:net'
import { type GoProgram, goFolder } from '../../../scripts/go-servers.mjs'
import { Program, until } from '../../interop/support/process.js'

export { buildGoServer, type GoProgram } from '../../../scripts/go-servers.mjs'

/** A server that runs. */
export interface GoServer {
  /** URL of a stream to which anybody may publish. */
  readonly url: string
  stop(): Promise<unknown>
}

/** Starts a server that {@link buildGoServer} has built, on a port; 0 = any free one. */
export async function startGoServer(name: GoProgram, wanted = 0): Promise<GoServer> {
  const port = wanted === 0 ? await freePort() : wanted
  const listen = `127.0.0.1:${port}`
  const program = new Program(`${goFolder}${name}`, argumentsOf(name, listen))
  const isReady = () => /rtsp/.test(program.stdout) || !program.isRunning
  await until(isReady)
  if (!program.isRunning) throw new Error(`${name} did not start: ${program.stderr}`)
  return { url: `rtsp://${listen}/live/copy`, stop: () => program.stop('SIGKILL') }
}

function argumentsOf(name: GoProgram, listen: string): string[] {
  if (name === 'gortsplib') return [listen]
  const off = { listen: '' }
  const streams = { 'live/copy': null }
  const config = { api: off, webrtc: off, srtp: off, rtsp: { listen }, streams }
  return ['-config', JSON.stringify(config)]
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { readonly port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}
