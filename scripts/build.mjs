/** `npm run build`: makes the packages ready to be used, packed and published. */
import { requireNode } from './node-version.mjs'

async function build() {
  requireNode()
  const { ensureBuilt, ensureInstalled } = await import('./workspace.mjs')
  ensureInstalled()
  ensureBuilt()
  const { addDocs } = await import('./package-docs.mjs')
  addDocs()
}

build()
