// What a benchmark prints: a head that says where, a table, the figures, and the same as JSON.
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { benchDirectory, resultsDirectory } from './paths.mjs'
import { isPinned } from './processes.mjs'

const bytesPerGibibyte = 1024 ** 3

/** Machine, versions and state of the machine: numbers mean nothing without them. */
export function describeRun(name, isShort) {
  const args = process.argv.slice(2).filter((arg) => arg !== '--short')
  return {
    benchmark: name,
    command: `npm run bench -- ${[name, ...(isShort ? ['--short'] : []), ...args].join(' ')}`,
    date: new Date().toISOString(),
    machine: `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / bytesPerGibibyte)} GiB`,
    linux: release(),
    node: process.version,
    ffmpeg: version('ffmpeg', ['-version'], /ffmpeg version (\S+)/),
    gstRtspServer: version('pkg-config', ['--modversion', 'gstreamer-rtsp-server-1.0'], /(\S+)/),
    commit: version('git', ['rev-parse', '--short', 'HEAD'], /(\S+)/),
    pinned: isPinned,
    loadAverageBefore: loadavg().map((value) => Number(value.toFixed(2))),
  }
}

function version(command, args, pattern) {
  try {
    const options = { encoding: 'utf8', cwd: benchDirectory, stdio: ['ignore', 'pipe', 'ignore'] }
    return pattern.exec(execFileSync(command, args, options))?.[1] ?? 'unknown'
  } catch {
    return 'missing'
  }
}

/** Rows of strings and numbers below a row of headings; numbers to the right. */
export function printTable(headings, rows) {
  const texts = [headings, ...rows].map((row) => row.map((cell) => String(cell ?? '–')))
  const widths = headings.map((_, column) => Math.max(...texts.map((row) => row[column].length)))
  const isNumeric = headings.map((_, column) =>
    rows.some((row) => typeof row[column] === 'number' || /^[-\d.]/.test(String(row[column]))),
  )
  const line = (row) =>
    row
      .map((text, column) =>
        isNumeric[column] ? text.padStart(widths[column]) : text.padEnd(widths[column]),
      )
      .join('  ')
      .trimEnd()
  console.log(line(texts[0]))
  console.log(widths.map((width) => '-'.repeat(width)).join('  '))
  for (const row of texts.slice(1)) console.log(line(row))
  console.log('')
}

/** A number with as many digits as are worth reading. */
export function short(value, digits = 3) {
  if (value === undefined || value === null || Number.isNaN(value)) return '–'
  return Math.abs(value) >= 1000
    ? String(Math.round(value))
    : String(Number(value.toPrecision(digits)))
}

/** A figure with what is wanted of it, for example `figure('loss', 0, '<=', 0, 'packets')`. */
export function figure(name, value, relation, wanted, unit = '') {
  const holds = { '<=': value <= wanted, '>=': value >= wanted, '=': value === wanted }[relation]
  return { name, value, wanted: `${relation} ${wanted}`, unit, isMet: holds }
}

/** Prints the figures, writes everything to `bench/results/NAME.json` (`NAME-short.json`), and the summary as the last line. */
export function finish(run, { figures, summary, measurements, notes = [] }) {
  if (run.isShort)
    notes.push('a short run shows that the benchmark works; its numbers mean nothing')
  else if (figures.length > 0) {
    printTable(
      ['figure', 'measured', 'wanted', 'unit', ''],
      figures.map(({ name, value, wanted, unit, isMet }) => [
        name,
        short(value),
        wanted,
        unit,
        isMet ? 'met' : 'missed',
      ]),
    )
  }
  for (const note of notes) console.log(`note: ${note}`)
  mkdirSync(resultsDirectory, { recursive: true })
  const file = `${run.benchmark}${run.isShort ? '-short' : ''}.json`
  const path = join(resultsDirectory, file)
  const whole = { ...run, figures, summary, notes, measurements }
  writeFileSync(path, `${JSON.stringify(whole, null, 1)}\n`)
  console.log(`All measurements: bench/results/${file}`)
  console.log(JSON.stringify({ ...run, figures, summary }))
}
