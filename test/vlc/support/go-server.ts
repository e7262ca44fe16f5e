import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { Program, until } from '../../interop/support/process.js'

const folder = fileURLToPath(new URL('../../../node_modules/.cache/rtspool/go/', import.meta.url))
const sourceOf = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url))

/** Servers that are Go modules. They serve `/live/copy` to others while somebody publishes there. */
const programs = {
  gortsplib: { source: sourceOf('gortsplib-server'), target: '.' },
  go2rtc: { source: sourceOf('go2rtc'), target: 'github.com/AlexxIT/go2rtc' },
} as const

export type GoProgram = keyof typeof programs

/** A server that runs. */
export interface GoServer {
  /** URL of a stream to which anybody may publish. */
  readonly url: string
  stop(): Promise<unknown>
}

/** Builds a server, which takes some minutes at first. @returns Why it cannot be built, or `undefined` */
export function buildGoServer(name: GoProgram): string | undefined {
  const { source, target } = programs[name]
  mkdirSync(folder, { recursive: true })
  const { status, error, stderr } = spawnSync('go', ['build', '-o', `${folder}${name}`, target], {
    cwd: source,
    encoding: 'utf8',
    timeout: 600_000,
    // go2rtc has a C file that must not be compiled.
    env: { ...process.env, CGO_ENABLED: '0' },
  })
  if (status === 0) return undefined
  return `${name} cannot be built: ${error?.message ?? stderr.trim().split('\n').at(-1)}`
}

/** Starts a server that {@link buildGoServer} has built, on a port; 0 = any free one. */
export async function startGoServer(name: GoProgram, wanted = 0): Promise<GoServer> {
  const port = wanted === 0 ? await freePort() : wanted
  const listen = `127.0.0.1:${port}`
  const program = new Program(`${folder}${name}`, argumentsOf(name, listen))
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
