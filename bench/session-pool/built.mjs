// The build that is measured: RTSPOOL_DIST names another one, for example that of the commit before.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const entry = './session-pool'

/** Entry of another build, as the package of that build names it. */
function entryOf(dist) {
  const packageUrl = pathToFileURL(join(dist, '../package.json'))
  const { exports } = JSON.parse(readFileSync(packageUrl, 'utf8'))
  return new URL(exports[entry].default, packageUrl).href
}

const built = process.env.RTSPOOL_DIST ? entryOf(process.env.RTSPOOL_DIST) : 'rtspool/session-pool'

export const { SessionPool, RandomIdCodec } = await import(built)
