/** `npm test`: makes the checkout ready, brings missing programs, then runs every test. */
import { requireNode } from './node-version.mjs'

/** Whether the arguments ask for the unit tests alone, which need no other program. */
function isUnitOnly(args) {
  const projects = args.flatMap((arg, index) => {
    if (arg.startsWith('--project=')) return [arg.slice('--project='.length)]
    return arg === '--project' ? [args[index + 1]] : []
  })
  return projects.length > 0 && projects.every((project) => project === 'unit')
}

async function test() {
  requireNode()
  const args = process.argv.slice(2)
  const { binOf, ensureBuilt, ensureInstalled, runNode, say } = await import('./workspace.mjs')
  ensureInstalled()
  ensureBuilt()
  if (!isUnitOnly(args)) {
    const { ensurePrograms } = await import('./debian-packages.mjs')
    ensurePrograms()
  }
  say(`running the tests on Node.js ${process.version}: vitest run ${args.join(' ')}`)
  process.exitCode = await runNode(binOf('vitest'), ['run', ...args])
}

test()
