// MediaMTX, an RTSP server in Go: the program that RTSPOOL_MEDIAMTX names, or one that is built once from its Go module.
// Usage: node bench/peers/mediamtx.mjs      builds it: some minutes, 2 GB of caches; needs Go 1.26
import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { resultsDirectory } from '../lib/paths.mjs'

const module = 'github.com/bluenviron/mediamtx'
const version = 'v1.21.0'
/** Hash of that version, as in a go.sum. */
const sum = 'h1:0Js3+vV0yyaFszram8LvHeRRr5PLGoF5SoCxpXzo31E='
const built = join(resultsDirectory, 'bin', `mediamtx-${version}`)
/** Files that the compiler embeds and that the module does not hold: its makers generate them for a release. */
const generated = {
  'internal/core/VERSION': version,
  // The player of its HLS pages, which are off here.
  'internal/servers/hls/hls.min.js': '',
}

/** Path of the program. @returns `{ program }`, or `{ reason }` when there is none */
export function mediamtxProgram() {
  const named = process.env.RTSPOOL_MEDIAMTX
  if (named) {
    return existsSync(named) ? { program: named } : { reason: `RTSPOOL_MEDIAMTX: no file ${named}` }
  }
  if (existsSync(built)) return { program: built }
  return {
    reason: 'not built: node bench/peers/mediamtx.mjs builds it, or RTSPOOL_MEDIAMTX names it',
  }
}

function go(args, cwd) {
  const env = { ...process.env, CGO_ENABLED: '0' }
  return execFileSync('go', args, {
    cwd,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

function build() {
  const folder = mkdtempSync(join(tmpdir(), 'rtspool-mediamtx-'))
  try {
    const answer = JSON.parse(go(['mod', 'download', '-json', `${module}@${version}`], folder))
    if (answer.Sum !== sum)
      throw new Error(`${module} ${version} has the hash ${answer.Sum}, not ${sum}`)
    const source = join(folder, 'source')
    cpSync(answer.Dir, source, { recursive: true })
    execFileSync('chmod', ['-R', 'u+w', source])
    for (const [name, text] of Object.entries(generated)) {
      mkdirSync(dirname(join(source, name)), { recursive: true })
      writeFileSync(join(source, name), text)
    }
    mkdirSync(dirname(built), { recursive: true })
    go(['build', '-p', '1', '-o', `${built}.${process.pid}`, '.'], source)
    renameSync(`${built}.${process.pid}`, built)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  if (!existsSync(built)) build()
  console.log(built)
}
