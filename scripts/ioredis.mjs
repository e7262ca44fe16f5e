/** Brings `ioredis`, another client of Redis, for the comparison of stores. It is no dependency: applications bring their own. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { moveIntoPlace } from './newer-players.mjs'
import { root } from './workspace.mjs'

const version = '5.8.2'
const cache = join(root, 'node_modules/.cache/rtspool')
const home = join(cache, `ioredis-${version}`)

/**
 * Fetches the package once a checkout: 1 MB.
 *
 * @returns {{ module?: string, reason?: string }} Path of its module, or why it cannot be had.
 */
export function ensureIoredis() {
  const module = join(home, 'node_modules/ioredis/built/index.js')
  if (existsSync(module)) return { module }
  mkdirSync(cache, { recursive: true })
  const directory = mkdtempSync(join(cache, 'ioredis-'))
  try {
    writeFileSync(join(directory, 'package.json'), '{"private":true}')
    const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', `ioredis@${version}`]
    const options = { cwd: directory, stdio: 'ignore', shell: process.platform === 'win32' }
    if (spawnSync('npm', args, options).status !== 0) {
      return { reason: `npm cannot fetch ioredis ${version}` }
    }
    moveIntoPlace(directory, home)
    return existsSync(module) ? { module } : { reason: `ioredis ${version} has no ${module}` }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
