/**
 * `npm run check`: all that a change is tried with before its commit, in one go, and the time of each step.
 * `npm run check -- lint unit` runs the named steps only.
 */
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { ensureBuilt, ensureInstalled, fail, root, say } from './workspace.mjs'

const npmRun = (script) => ({ command: 'npm', args: ['run', '--silent', script] })

/** The longest first: a short step fits beside the end of a long one. */
const steps = {
  unit: {
    command: process.execPath,
    args: ['scripts/test.mjs', '--project=unit', '--reporter=dot'],
  },
  lint: npmRun('lint'),
  docs: npmRun('check:docs'),
  types: npmRun('typecheck'),
  imports: npmRun('check:imports'),
}

const secondsSince = (start) => ((performance.now() - start) / 1000).toFixed(1).padStart(6)

/** @returns {Promise<{ name: string, isGood: boolean }>} When the step has ended. */
function run(name) {
  const { command, args } = steps[name]
  const start = performance.now()
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: command === 'npm' && process.platform === 'win32',
    })
    let output = ''
    const ended = (status) => {
      const isGood = status === 0
      if (!isGood) console.log(`\n=== ${name}: ${args.join(' ')}\n${output}`)
      console.log(`${secondsSince(start)} s  ${name.padEnd(8)} ${isGood ? 'ok' : 'FAILED'}`)
      resolve({ name, isGood })
    }
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text
      })
    }
    child.once('error', (error) => {
      output += error.message
      ended(-1)
    })
    child.once('close', ended)
  })
}

/** Runs the steps, as many at a time as the machine has processors, but two at most: most have threads of their own. */
async function runAll(names) {
  const waiting = [...names]
  const results = []
  const lane = async () => {
    for (let name = waiting.shift(); name; name = waiting.shift()) results.push(await run(name))
  }
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, lane))
  return results
}

const named = process.argv.slice(2)
const unknown = named.filter((name) => !Object.hasOwn(steps, name))
if (unknown.length > 0) {
  fail(`no step is named ${unknown.join(', ')}: expected ${Object.keys(steps).join(', ')}`)
}
const start = performance.now()
ensureInstalled()
ensureBuilt()
const names = named.length > 0 ? named : Object.keys(steps)
say(`checking ${names.join(', ')}`)
const results = await runAll(names)
const failed = results.filter(({ isGood }) => !isGood).map(({ name }) => name)
console.log(`${secondsSince(start)} s  in all   ${failed.length === 0 ? 'ok' : 'FAILED'}`)
if (failed.length > 0) fail(`failed: ${failed.join(', ')}`)
