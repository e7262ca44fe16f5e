import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Program } from '../process.js'

/**
 * The Python package that carries the sources of live555; Debian has dropped both the library and, since
 * 3.0.12, the part of VLC that needs it.
 */
const sourcePackage = 'liblivemedia==1.0.5'
const client = fileURLToPath(new URL('client.cpp', import.meta.url))
const cache = fileURLToPath(new URL('../../../../node_modules/.cache/rtspool/', import.meta.url))
const parts = ['liveMedia', 'groupsock', 'UsageEnvironment', 'BasicUsageEnvironment']
const flags = [
  ...['-O1', '-w', '-DSOCKLEN_T=socklen_t', '-D_LARGEFILE_SOURCE=1', '-D_FILE_OFFSET_BITS=64'],
  ...['-DLINUX=1', '-DXLOCALE_NOT_USED=1', '-DNO_STD_LIB=1', '-DNO_OPENSSL=1'],
  ...parts.map((part) => `-I${part}/include`),
]
const compilersAtOnce = 2
const stepTimeoutMs = 120_000

/**
 * Builds the player once a checkout: about half a minute on two cores.
 *
 * @returns Path of the program.
 * @throws What a step said: no network, no compiler.
 */
export async function buildLive555Client(): Promise<string> {
  const hash = createHash('sha256')
    .update(sourcePackage)
    .update(await readFile(client))
  const program = join(cache, `live555-client-${hash.digest('hex').slice(0, 12)}`)
  if (existsSync(program)) return program
  await mkdir(cache, { recursive: true })
  const directory = await mkdtemp(join(cache, 'live555-'))
  try {
    await build(directory)
    await rename(join(directory, 'client'), program)
  } finally {
    await rm(directory, { recursive: true })
  }
  return program
}

async function build(directory: string): Promise<void> {
  await run(directory, 'pip3', 'download', '-q', '--no-deps', '--no-binary=:all:', sourcePackage)
  const [archive] = await readdir(directory)
  await run(directory, 'tar', '-xf', `${archive}`, '--strip-components=1')
  const sources: string[] = []
  for (const part of parts) {
    const names = await readdir(join(directory, part))
    sources.push(...names.filter((name) => /\.c(pp)?$/.test(name)).map((name) => `${part}/${name}`))
  }
  const objects = sources.map((source) => `${source}.o`)
  const compile = async (): Promise<void> => {
    for (let source = sources.pop(); source; source = sources.pop()) {
      const compiler = source.endsWith('.c') ? ['gcc'] : ['g++', '-std=c++20']
      await run(directory, ...compiler, ...flags, '-c', source, '-o', `${source}.o`)
    }
  }
  await Promise.all(Array.from({ length: compilersAtOnce }, compile))
  await run(directory, 'g++', '-std=c++20', ...flags, client, ...objects, '-o', 'client')
}

async function run(cwd: string, ...commandLine: string[]): Promise<void> {
  const [command = '', ...args] = commandLine
  const program = new Program(command, args, { cwd })
  const status = await program.ended(stepTimeoutMs)
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${program.stderr}`)
}
