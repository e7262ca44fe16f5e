import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { Program, until } from './process.js'

const pathOf = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))

/** An example that runs, and the URL that it has printed. */
export interface RunningExample {
  readonly program: Program
  readonly url: string
}

/** Compiles the examples. @throws {Error} If one of them does not compile. */
export async function compileExamples(): Promise<void> {
  const compiler = pathOf('node_modules/typescript/bin/tsc')
  const program = new Program(process.execPath, [compiler, '-b', pathOf('examples')])
  const status = await program.ended(120_000)
  if (status !== 0) throw new Error(`the examples do not compile: ${status} ${program.stdout}`)
}

/** Starts an example as its users do, with an input if `hasInput` is true. @throws {Error} If it prints no URL. */
export async function startExample(
  name: string,
  args: readonly string[] = [],
  hasInput = false,
): Promise<RunningExample> {
  const program = new Program(process.execPath, [pathOf(`examples/dist/${name}.js`), ...args], {
    env: { PORT: `${await freePort()}` },
    hasInput,
  })
  const listens = /rtsp:\/\/\S+/
  await until(() => listens.test(program.stdout) || !program.isRunning)
  const [url] = listens.exec(program.stdout) ?? []
  if (!url) throw new Error(`${name} did not start: ${program.stdout}${program.stderr}`)
  return { program, url }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : 0
}
