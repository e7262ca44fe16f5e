/** `npm start`: makes the checkout ready, then runs the server in this process. */
import { requireNode } from './node-version.mjs'

async function start() {
  requireNode()
  // Imported only now: an old Node could not even parse it.
  const { ensureBuilt, ensureInstalled, fail } = await import('./workspace.mjs')
  ensureInstalled()
  ensureBuilt()
  const { npmOptionsProblem, optionsKeptByNpm } = await import('./npm-options.mjs')
  const kept = optionsKeptByNpm('start', process.env, await optionNames())
  if (kept.length > 0) fail(npmOptionsProblem('start', kept))
  // In the same process, so that signals, exit code and terminal are the server's own.
  await import(new URL('../packages/rtspool-server/dist/main.js', import.meta.url).href)
}

/** Options of the command that is about to run. */
async function optionNames() {
  const { createCommand } = await import('../packages/rtspool-server/dist/options.js')
  const { createConformCommand } = await import('../packages/rtspool-conform/dist/options.js')
  const command = process.argv[2] === 'conform' ? createConformCommand() : createCommand('')
  return command.options.map(({ long }) => long).filter((name) => name !== '--version')
}

start()
