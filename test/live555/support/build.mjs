/**
 * Builds the player of these tests. `node test/live555/support/build.mjs` only fetches the sources: it ends
 * with 0 when all that is needed is there, and with 75 when something cannot be had here, which it names.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The Python package that carries the sources of live555. Debian 12 still has VLC, but builds it without its
 * RTSP client, which is live555.
 */
const source = {
  requirement: 'liblivemedia==1.0.5',
  archive: 'liblivemedia-1.0.5.tar.gz',
  sha256: '564f65501ea5e823e5c53b1847ce3f41bd7b71ee2e9f3ba154a7e955817dfb48',
}
const client = fileURLToPath(new URL('client.cpp', import.meta.url))
const cache = fileURLToPath(
  new URL('../../../node_modules/.cache/rtspool/live555/', import.meta.url),
)
const parts = ['liveMedia', 'groupsock', 'UsageEnvironment', 'BasicUsageEnvironment']
const flags = [
  ...['-O1', '-w', '-DSOCKLEN_T=socklen_t', '-D_LARGEFILE_SOURCE=1', '-D_FILE_OFFSET_BITS=64'],
  ...['-DLINUX=1', '-DXLOCALE_NOT_USED=1', '-DNO_STD_LIB=1', '-DNO_OPENSSL=1'],
  ...parts.map((part) => `-I${part}/include`),
]
const compilersAtOnce = 2
const fetchTimeoutMs = 60_000
/** EX_TEMPFAIL of sysexits.h. */
const unavailableStatus = 75

const digest = (contents) => createHash('sha256').update(contents).digest('hex')
const programPath = () => join(cache, `client-${digest(readFileSync(client)).slice(0, 12)}`)

/** Why the player cannot be built here, or `undefined`; fetches the sources for that (900 kB, once). */
export function reasonWithoutLive555() {
  if (existsSync(programPath())) return undefined
  const missing = ['gcc', 'g++', 'tar'].filter(isMissing)
  const hasSource = existsSync(join(cache, source.archive))
  if (!hasSource && isMissing('pip3')) missing.push('pip3')
  if (missing.length > 0) {
    return `missing: ${missing.join(', ')} (Debian: gcc g++ libc6-dev tar python3-pip)`
  }
  return hasSource ? undefined : reasonWithoutSource()
}

function isMissing(command) {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).status !== 0
}

function reasonWithoutSource() {
  mkdirSync(cache, { recursive: true })
  const directory = mkdtempSync(join(cache, 'fetch-'))
  try {
    const options = ['-q', '--no-deps', '--no-binary=:all:', '--retries=1', '--timeout=15']
    const { status, stderr } = spawnSync('pip3', ['download', ...options, source.requirement], {
      cwd: directory,
      encoding: 'utf8',
      timeout: fetchTimeoutMs,
    })
    const archive = join(directory, source.archive)
    if (status !== 0 || !existsSync(archive)) {
      return `pip3 cannot download ${source.requirement}: ${stderr.trim().split('\n').at(-1)}`
    }
    if (digest(readFileSync(archive)) !== source.sha256) {
      throw new Error(`${source.archive} is not what it was when these tests were written`)
    }
    renameSync(archive, join(cache, source.archive))
    return undefined
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/**
 * Builds the player once a checkout: about half a minute on two cores.
 *
 * @returns {Promise<string>} Path of the program.
 * @throws What a step said.
 */
export async function buildLive555Client() {
  const reason = reasonWithoutLive555()
  if (reason !== undefined) throw new Error(reason)
  const program = programPath()
  if (existsSync(program)) return program
  const directory = mkdtempSync(join(cache, 'build-'))
  try {
    await build(directory)
    renameSync(join(directory, 'client'), program)
  } finally {
    rmSync(directory, { recursive: true })
  }
  return program
}

async function build(directory) {
  await run(directory, 'tar', '-xf', join(cache, source.archive), '--strip-components=1')
  const sources = parts.flatMap((part) =>
    readdirSync(join(directory, part))
      .filter((name) => /\.c(pp)?$/.test(name))
      .map((name) => `${part}/${name}`),
  )
  const objects = sources.map((name) => `${name}.o`)
  const compile = async () => {
    for (let name = sources.pop(); name; name = sources.pop()) {
      const compiler = name.endsWith('.c') ? ['gcc'] : ['g++', '-std=c++20']
      await run(directory, ...compiler, ...flags, '-c', name, '-o', `${name}.o`)
    }
  }
  await Promise.all(Array.from({ length: compilersAtOnce }, compile))
  await run(directory, 'g++', '-std=c++20', ...flags, client, ...objects, '-o', 'client')
}

async function run(cwd, command, ...args) {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] })
  const [status, signal] = await once(child, 'close')
  if (status !== 0) throw new Error(`${command} ended with ${status ?? signal}`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const reason = reasonWithoutLive555()
  if (reason !== undefined) {
    console.log(reason)
    process.exitCode = unavailableStatus
  }
}
