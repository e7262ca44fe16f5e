/**
 * `npm run bench -- [--short] [--list] [NAME …] [OPTIONS OF THE BENCHMARK …]`
 *
 * Runs `bench/NAME.mjs` or `bench/NAME/run.mjs`, all of them when no name is given. `--short` asks them, by
 * `RTSPOOL_BENCH_SHORT=1`, to show in a few seconds that they work.
 */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { requireNode } from './node-version.mjs'
import { ensureBuilt, ensureInstalled, fail, root, runNode, say } from './workspace.mjs'

const folder = join(root, 'bench')
/** What a benchmark ends with when somebody stops us: 128 + SIGINT, SIGTERM. */
const interruptedStatuses = [130, 143]

function scriptOf(name) {
  return [join(folder, `${name}.mjs`), join(folder, name, 'run.mjs')].find(existsSync)
}

function listNames() {
  if (!existsSync(folder)) return []
  const names = readdirSync(folder).map((entry) => entry.replace(/\.mjs$/, ''))
  return names.filter((name) => /^[a-z0-9-]+$/.test(name) && scriptOf(name)).sort()
}

function parse(args) {
  const own = args.filter((arg) => arg !== '--short' && arg !== '--list')
  const firstOption = own.findIndex((arg) => arg.startsWith('-'))
  const names = firstOption === -1 ? own : own.slice(0, firstOption)
  return {
    isShort: args.includes('--short'),
    isList: args.includes('--list'),
    names: names.length > 0 ? names : listNames(),
    options: own.slice(names.length),
  }
}

requireNode()
const { isShort, isList, names, options } = parse(process.argv.slice(2))
if (isList) {
  for (const name of listNames()) console.log(name)
} else {
  const unknown = names.find((name) => scriptOf(name) === undefined)
  if (unknown) fail(`no benchmark '${unknown}'; there are: ${listNames().join(', ') || 'none yet'}`)
  ensureInstalled()
  ensureBuilt()
  const env = { ...process.env, ...(isShort ? { RTSPOOL_BENCH_SHORT: '1' } : {}) }
  for (const name of names) {
    say(`benchmark ${name}${isShort ? ' (short)' : ''}`)
    const code = await runNode(scriptOf(name), options, { env })
    if (code === 0) continue
    console.error(`error: benchmark ${name} ended with ${code}`)
    process.exitCode = 1
    if (interruptedStatuses.includes(code)) break
  }
}
