/** `npm test`: makes the checkout ready, brings missing programs, then runs every test. */
import { requireNode } from './node-version.mjs'

/** The layers that run when none is named: those that need no more than Node and Debian packages. */
const defaultProjects = ['unit', 'property', 'interop']
/** The layers that need nothing but Node. */
const selfContained = ['unit', 'property']

/** Options of vitest that are given most; npm keeps them for itself when no `--` is in front. */
const usualOptions = [
  ...['--project', '--testNamePattern', '-t', '--tagsFilter', '--reporter', '--retry', '--bail'],
  ...['--coverage', '--update', '-u', '--changed', '--maxWorkers', '--testTimeout'],
]

/** The projects that the arguments of vitest name. */
function namedProjects(args) {
  return args.flatMap((arg, index) => {
    if (arg.startsWith('--project=')) return [arg.slice('--project='.length)]
    return arg === '--project' ? [args[index + 1]] : []
  })
}

async function test() {
  requireNode()
  const { npmOptionsProblem, optionsKeptByNpm } = await import('./npm-options.mjs')
  const kept = optionsKeptByNpm('test', process.env, usualOptions)
  const named = namedProjects(process.argv.slice(2))
  const projects = named.length > 0 ? [] : defaultProjects.map((name) => `--project=${name}`)
  const args = [...projects, ...process.argv.slice(2)]
  const { binOf, ensureBuilt, ensureInstalled, fail, runNode, say } = await import(
    './workspace.mjs'
  )
  if (kept.length > 0) fail(npmOptionsProblem('test', kept))
  ensureInstalled()
  ensureBuilt()
  if (!namedProjects(args).every((project) => selfContained.includes(project))) {
    const { ensurePrograms } = await import('./debian-packages.mjs')
    ensurePrograms()
  }
  say(`running the tests on Node.js ${process.version}: vitest run ${args.join(' ')}`)
  process.exitCode = await runNode(binOf('vitest'), ['run', ...args])
}

test()
