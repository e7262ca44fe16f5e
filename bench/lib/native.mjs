// Compiles the C programs of the benchmarks into bench/results/bin, once for each state of their sources.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { benchDirectory, resultsDirectory } from './paths.mjs'

const compilerFlags = ['-O2', '-std=gnu11', '-Wall', '-Wextra', '-D_GNU_SOURCE']

const programs = {
  load: {
    sources: ['load', 'viewer', 'udp', 'sdp', 'stream', 'histogram', 'options'].map(
      (name) => `load/${name}.c`,
    ),
  },
  publisher: {
    sources: ['publisher', 'publication', 'annex-b', 'histogram'].map((name) => `load/${name}.c`),
  },
  floor: { sources: ['peers/floor.c'] },
  'gst-fanout': { sources: ['peers/gst-fanout.c'], packages: ['gstreamer-rtsp-server-1.0'] },
}

/** Whether a program can be compiled here, or why not. */
export function whyNotCompilable(name) {
  try {
    execFileSync('gcc', ['--version'], { stdio: 'ignore' })
  } catch {
    return 'gcc is missing (Debian package gcc)'
  }
  for (const library of programs[name].packages ?? []) {
    try {
      execFileSync('pkg-config', ['--exists', library], { stdio: 'ignore' })
    } catch {
      return `${library} is missing (Debian packages pkg-config and libgstrtspserver-1.0-dev)`
    }
  }
  return undefined
}

/** Path of the compiled program. */
export function compile(name) {
  const { sources, packages = [] } = programs[name]
  const paths = sources.map((source) => join(benchDirectory, source))
  const directory = join(resultsDirectory, 'bin')
  const program = join(directory, `${name}-${sourceDigest(paths)}`)
  if (existsSync(program)) return program
  mkdirSync(directory, { recursive: true })
  const libraryFlags = packages.length
    ? execFileSync('pkg-config', ['--cflags', '--libs', ...packages], { encoding: 'utf8' })
        .trim()
        .split(/\s+/)
    : []
  const unfinished = `${program}.${process.pid}`
  execFileSync(
    'gcc',
    [...compilerFlags, ...paths, '-o', unfinished, ...libraryFlags, '-lpthread'],
    {
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  )
  renameSync(unfinished, program)
  return program
}

/** Sources and every header beside the load tool: a changed header makes a new program too. */
function sourceDigest(paths) {
  const loadDirectory = join(benchDirectory, 'load')
  const headers = readdirSync(loadDirectory)
    .filter((name) => name.endsWith('.h'))
    .sort()
    .map((name) => join(loadDirectory, name))
  const hash = createHash('sha256').update(compilerFlags.join(' '))
  for (const path of [...paths, ...headers]) hash.update(readFileSync(path))
  return hash.digest('hex').slice(0, 12)
}
