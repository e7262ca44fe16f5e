/** `npm run build`: installs what is missing and compiles the packages when a source changed. */
import { requireNode } from './node-version.mjs'

async function build() {
  requireNode()
  const { ensureBuilt, ensureInstalled } = await import('./workspace.mjs')
  ensureInstalled()
  ensureBuilt()
}

build()
