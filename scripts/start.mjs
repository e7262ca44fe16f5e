/** `npm start`: makes the checkout ready, then runs the server in this process. */
import { requireNode } from './node-version.mjs'

async function start() {
  requireNode()
  // Imported only now: an old Node could not even parse it.
  const { ensureBuilt, ensureInstalled } = await import('./workspace.mjs')
  ensureInstalled()
  ensureBuilt()
  // In the same process, so that signals, exit code and terminal are the server's own.
  await import(new URL('../packages/server/dist/main.js', import.meta.url).href)
}

start()
