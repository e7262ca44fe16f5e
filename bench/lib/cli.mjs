// The command line that all benchmarks share.
import { parseArgs } from 'node:util'
import { leaveServerCore, stopAll } from './processes.mjs'
import { describeRun } from './report.mjs'

/**
 * Reads the options of a benchmark.
 *
 * @param full - Names and values of a whole run; a list has its default as an array.
 * @param brief - What differs with `--short` (or RTSPOOL_BENCH_SHORT=1, as `npm run bench` hands it on), which only
 *   shows that the benchmark works.
 */
export function readOptions(full, brief) {
  const names = Object.keys(full)
  const { values } = parseArgs({
    options: {
      short: { type: 'boolean', default: false },
      ...Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
    },
  })
  const isShort = values.short || process.env.RTSPOOL_BENCH_SHORT === '1'
  const defaults = isShort ? { ...full, ...brief } : full
  const options = { short: isShort }
  for (const name of names) options[name] = parse(name, values[name], defaults[name])
  return options
}

function parse(name, text, value) {
  if (text === undefined) return value
  if (Array.isArray(value)) return text.split(',').map((item) => parse(name, item, value[0]))
  if (typeof value !== 'number') return text
  const number = Number(text)
  if (text !== '' && Number.isFinite(number) && number >= 0) return number
  throw new RangeError(`--${name} must be a number, got '${text}'`)
}

/** Runs a benchmark on the load's core, with what `readOptions` returned; whatever happens, nothing that it started stays behind. */
export async function runBenchmark(name, options, benchmark) {
  leaveServerCore()
  const run = { ...describeRun(name, options.short), isShort: options.short }
  console.log(`${name}: ${run.machine}, Linux ${run.linux}, Node ${run.node}, ${run.date}`)
  if (!run.pinned) console.log('note: server and load share their cores (one core, or no taskset)')
  try {
    await benchmark(run)
  } catch (error) {
    console.error(error instanceof Error ? error.stack : error)
    process.exitCode = 1
  } finally {
    await stopAll()
  }
}
