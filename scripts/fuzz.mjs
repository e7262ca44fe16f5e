/**
 * `npm run fuzz -- [--seconds 60] [--keep 20] [--seed N] [TARGET …]`
 *
 * Mutates the corpus of each target, all of them when none is named, and keeps what reaches code that nothing
 * before it has reached: as files in `packages/rtspool/test/corpus/TARGET/`, to be committed. What fails is printed
 * and ends the run with exit code 1.
 */
import { createHash, randomInt } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { isMainThread, Worker } from 'node:worker_threads'
import { Coverage } from './coverage.mjs'
import { ensureInstalled, fail, root, say } from './workspace.mjs'

const tests = join(root, 'packages/rtspool/test')
const corpusFolder = join(tests, 'corpus')
const bundleFolder = join(root, 'node_modules/.cache/rtspool/fuzz')
/** Inputs between two looks at the coverage while nothing new turns up. */
const batchSize = 64
const maxFileBytes = 2048
/** Failures that begin alike are one. */
const maxKeyLength = 80
/** So slow an input is a failure. */
const maxMs = 100

/** Makes one script of sources and tests, so that there is little to look at beside them. */
async function bundle() {
  const { build } = await import('vite')
  const entry = join(tests, 'fuzz/entry.ts')
  await build({
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: entry,
      outDir: bundleFolder,
      emptyOutDir: true,
      minify: false,
      rollupOptions: { output: { entryFileNames: 'entry.mjs' } },
    },
  })
}

/** Runs one input. @returns What is wrong with what the parser did; `undefined` when all is well. */
function failureOf(target, input) {
  const start = performance.now()
  try {
    target.check(input)
  } catch (error) {
    return error.stack
  }
  const tookMs = performance.now() - start
  if (tookMs < maxMs) return undefined
  const again = performance.now()
  target.check(input)
  return performance.now() - again < maxMs ? undefined : `took ${tookMs} ms`
}

/** What one input alone reaches. */
function reachedBy(target, input, coverage) {
  coverage.take()
  failureOf(target, input)
  return coverage.take()
}

const show = (target, input) =>
  target.format === 'txt' ? JSON.stringify(input.toString('latin1')) : input.toString('hex')

function save(target, input) {
  const folder = join(corpusFolder, target.name)
  const hash = createHash('sha256').update(input).digest('hex').slice(0, 8)
  mkdirSync(folder, { recursive: true })
  const isText = target.format === 'txt'
  const text = `# found by coverage\n${input.toString('hex').replace(/.{64}/g, '$&\n')}\n`
  writeFileSync(join(folder, `found-${hash}.${target.format}`), isText ? input : text)
}

/** @returns A smaller input that reaches the same new code. */
function shrink(target, input, coverage, wanted) {
  let smallest = input
  for (let size = input.length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at + size <= smallest.length; ) {
      const shorter = Buffer.concat([smallest.subarray(0, at), smallest.subarray(at + size)])
      const reached = reachedBy(target, shorter, coverage)
      if (wanted.every(([name, offset]) => reached.get(name)?.[offset])) smallest = shorter
      else at += size
    }
  }
  return smallest
}

/** @returns Whether nothing failed. */
function fuzz(target, seeds, { mutate, random, coverage, seconds, keep }) {
  const pool = [...seeds]
  const failures = new Map()
  let kept = 0
  let runs = 0
  coverage.take()
  for (const seed of pool) coverage.add(reachedBy(target, seed, coverage))
  for (const end = Date.now() + seconds * 1000; Date.now() < end; runs += batchSize) {
    const batch = Array.from({ length: batchSize }, () => mutate(pool, random))
    coverage.take()
    for (const input of batch) {
      const failure = failureOf(target, input)
      if (failure) failures.set(failure.split('\n')[0].slice(0, maxKeyLength), [input, failure])
    }
    const ran = coverage.take()
    if (coverage.freshOf(ran).length === 0) continue
    for (const input of batch) {
      const fresh = coverage.freshOf(reachedBy(target, input, coverage))
      if (fresh.length === 0) continue
      const small = shrink(target, input, coverage, fresh)
      coverage.add(reachedBy(target, small, coverage))
      if (small.length > maxFileBytes) continue
      pool.push(small)
      if (kept++ < keep) save(target, small)
    }
    // What no input of them reaches alone is not looked for again.
    coverage.add(ran)
  }
  say(`${target.name}: ${runs} inputs, ${kept} finds, ${failures.size} failures`)
  for (const [input, failure] of failures.values())
    console.error(`${show(target, input)}\n${failure}`)
  return failures.size === 0
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '60' },
    keep: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(randomInt(1, 2 ** 31)) },
  },
})

async function main() {
  const { corpus, fuzzTargets, mutate, SeededRandom } = await import(
    pathToFileURL(join(bundleFolder, 'entry.mjs')).href
  )
  const unknown = positionals.find((name) => !fuzzTargets.some((target) => target.name === name))
  if (unknown) fail(`${unknown}: expected one of ${fuzzTargets.map(({ name }) => name).join(', ')}`)
  const random = new SeededRandom(Number(values.seed))
  say(`random numbers of --seed ${values.seed}`)
  const coverage = new Coverage((url) => url.includes('/rtspool/fuzz/'))
  const options = {
    mutate,
    random,
    coverage,
    seconds: Number(values.seconds),
    keep: Number(values.keep),
  }
  let isGood = true
  for (const target of fuzzTargets) {
    if (positionals.length > 0 && !positionals.includes(target.name)) continue
    const seeds = [...corpus(target.name, corpusFolder).map(({ bytes }) => bytes), ...target.seeds]
    isGood = fuzz(target, seeds, options) && isGood
    // Lets out what has been said.
    await setImmediate()
  }
  process.exitCode = isGood ? 0 : 1
}

// A thread of its own: a look at the coverage takes the longer the more code there is, and the bundler is large.
if (isMainThread) {
  ensureInstalled()
  await bundle()
  const worker = new Worker(new URL(import.meta.url), { argv: process.argv.slice(2) })
  worker.on('exit', (status) => {
    process.exitCode = status
  })
} else {
  await main()
}
