/** Compiles the examples and runs each of them for a moment; CONTRIBUTING.md says what they agree to. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fail, root, tsc } from './workspace.mjs'

const runSeconds = 2
/** An example that has not ended by then hangs. */
const limitMs = (runSeconds + 15) * 1000

const folder = join(root, 'examples')
const examples = readdirSync(folder)
  .filter((name) => /^[a-z-]+\.ts$/.test(name))
  .map((name) => name.replace(/\.ts$/, ''))

/** A TCP port that nobody uses at the moment. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

/** @returns What went wrong, or `undefined`. */
async function run(name) {
  const child = spawn(process.execPath, [join(folder, 'dist', `${name}.js`)], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      PORT: String(await freePort()),
      RTSPOOL_EXAMPLE_SECONDS: String(runSeconds),
    },
  })
  let output = ''
  const collect = (text) => {
    output += text
  }
  child.stdout.setEncoding('utf8').on('data', collect)
  child.stderr.setEncoding('utf8').on('data', collect)
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    child.kill('SIGKILL')
  }, limitMs)
  const [code, signal] = await once(child, 'close')
  clearTimeout(timer)
  if (code === 0) return undefined
  const end = isLate ? `did not end within ${limitMs / 1000} s` : `ended with ${code ?? signal}`
  return `${end}; its output:\n${output}`
}

if (!existsSync(join(folder, 'tsconfig.json'))) fail('examples/tsconfig.json is missing')
if (examples.length === 0) fail('there is no example')
if (tsc(['-b', 'examples']) !== 0) fail('the examples do not compile; see above')
for (const name of examples) {
  const problem = await run(name)
  console.log(`examples/${name}.ts: ${problem ?? 'ok'}`)
  if (problem !== undefined) process.exitCode = 1
}
