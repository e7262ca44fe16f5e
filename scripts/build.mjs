/** `npm run build`: makes the packages ready to be used, packed and published. */
import { requireNode } from './node-version.mjs'

async function build() {
  requireNode()
  const { ensureBuilt, ensureInstalled } = await import('./workspace.mjs')
  ensureInstalled()
  ensureBuilt()
  const { stripComments } = await import('./strip-comments.mjs')
  stripComments('packages/rtspool')
  stripComments('packages/rtspool-server')
  const { addDocs } = await import('./package-docs.mjs')
  addDocs()
}

build()
