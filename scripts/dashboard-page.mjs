/** Builds the web page of the command into its package, where its sources have changed. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'

const folder = 'packages/rtspool-dashboard'
const page = 'packages/rtspool-server/page/index.html'
/** Files beside the sources that decide what is built. */
const others = ['index.html', 'package.json', 'vite.config.mjs']

function stampOf(root) {
  const hash = createHash('sha256')
  const sources = readdirSync(join(root, folder, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
  const files = [...others.map((name) => join(root, folder, name)), ...sources]
  for (const file of [...files, join(root, 'node_modules/vite/package.json')]) {
    const contents = readFileSync(file)
    hash.update(`${relative(root, file).split(sep).join('/')}\0${contents.length}\0`)
    hash.update(contents)
  }
  return hash.digest('hex')
}

/**
 * Builds the page unless it is up to date.
 *
 * @param {string} root - Folder of the repository.
 * @param {(text: string) => void} say
 * @returns {boolean} False if it cannot be built.
 */
export function ensurePage(root, say) {
  const stampFile = join(root, 'node_modules/.cache/rtspool/page-stamp')
  const stamp = stampOf(root)
  const last = existsSync(stampFile) ? readFileSync(stampFile, 'utf8') : ''
  if (stamp === last && existsSync(join(root, page))) return true
  say('building the web page: vite build')
  const vite = join(root, 'node_modules/vite/bin/vite.js')
  const { status } = spawnSync(process.execPath, [vite, 'build', '--logLevel', 'warn'], {
    cwd: join(root, folder),
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (status !== 0) return false
  mkdirSync(dirname(stampFile), { recursive: true })
  writeFileSync(stampFile, stamp)
  return true
}
