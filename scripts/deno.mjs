/**
 * Brings Deno, from npm, for the tests of the library on another runtime. `node scripts/deno.mjs` ends with 0 when it is
 * there, and with 75 when it cannot be had here, which it explains.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { moveIntoPlace } from './newer-players.mjs'
import { npm, root } from './workspace.mjs'

const version = '2.9.6'
const cache = join(root, 'node_modules/.cache/rtspool')
const home = join(cache, `deno-${version}`)
/** EX_TEMPFAIL of sysexits.h. */
const unavailableStatus = 75

/** The folder to put first on the PATH. */
export const denoBin = join(home, 'node_modules/.bin')

/**
 * Fetches Deno once a checkout: 92 MB.
 *
 * @returns {string | undefined} Why it cannot be had, or `undefined` when it is there.
 */
export function ensureDeno() {
  if (existsSync(home)) return undefined
  mkdirSync(cache, { recursive: true })
  const directory = mkdtempSync(join(cache, 'deno-'))
  try {
    const { status } = npm([
      ...['install', `deno@${version}`, '--prefix', directory, '--no-package-lock'],
      ...['--no-audit', '--no-fund', '--loglevel=error'],
    ])
    if (status !== 0) return `npm cannot install deno@${version}`
    const deno = join(directory, 'node_modules/.bin/deno')
    if (spawnSync(deno, ['--version'], { stdio: 'ignore' }).status !== 0) {
      return `deno@${version} does not run here`
    }
    moveIntoPlace(directory, home)
    return undefined
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const reason = ensureDeno()
  console.log(reason ?? denoBin)
  if (reason !== undefined) process.exitCode = unavailableStatus
}
