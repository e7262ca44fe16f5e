import { writeFileSync } from 'node:fs'
import { CannotRun, Mismatch } from './mismatch.js'
import { type ConformOptions, parseConformLine } from './options.js'
import { type ConformReport, countRows, failures, summary, tableHead, tableRow } from './report.js'
import type { Row } from './row.js'
import { allRows } from './rows/index.js'
import { type RowResult, runRow } from './run-rows.js'
import { Trial } from './trial.js'
import { findUnfitTargets } from './unfit-targets.js'
import { Waiting } from './waiting.js'

const defaultWidth = 130

/** Functions that print the output and the errors of the command, and the width of the terminal. */
export interface ConformOutput {
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
  /** Width of the terminal in characters; `undefined` if the output is no terminal. */
  readonly width: number | undefined
}

/**
 * Runs the command `rtspool conform`, which runs conformance tests on a server.
 *
 * @param args - Arguments after `conform`.
 * @param version - Version of this package, for the report.
 * @returns The exit code: 0 no test failed, 1 tests failed, 2 nothing could be tested.
 */
export async function conform(
  args: readonly string[],
  version: string,
  output: ConformOutput,
): Promise<number> {
  const invocation = parseConformLine(args)
  switch (invocation.kind) {
    case 'print':
      output.stdout(invocation.stdout)
      return invocation.exitCode
    case 'refuse':
      output.stderr(invocation.stderr)
      return invocation.exitCode
    case 'list':
      output.stdout(listing(invocation.isJson))
      return 0
    case 'run':
      return tried(invocation.options, version, output)
  }
}

/** Formats the list of conformance tests: id, level, source and requirement of each. */
function listing(isJson: boolean): string {
  const rows = allRows.map(({ id, level, reference, requirement, expected }) => ({
    ...{ id, level, reference, requirement, expected },
  }))
  if (isJson) return `${JSON.stringify(rows, undefined, 2)}\n`
  return rows
    .map(
      (row) => `${row.id.padEnd(9)} ${row.level.padEnd(6)} ${row.requirement} (${row.reference})\n`,
    )
    .join('')
}

async function tried(
  options: ConformOptions,
  version: string,
  output: ConformOutput,
): Promise<number> {
  const unknown = options.only.filter((name) => !allRows.some((row) => isNamed(row, name)))
  if (unknown.length > 0) {
    output.stderr(`error: --only ${unknown.join(',')}: there is no such row; --list shows them\n`)
    return 2
  }
  const rows = chosenRows(options.only)
  const width = output.width ?? defaultWidth
  const print = options.json === '-' ? () => undefined : output.stdout
  try {
    const server = await look(options)
    const unfit = await findUnfitTargets(options.targets, lookLimitMs(options))
    print(`${tableHead(width)}\n`)
    const results: RowResult[] = []
    for (const row of rows) {
      const result = await runRow(row, { ...options, trackCount: server.trackCount, unfit })
      const isShown = !options.isBrief || result.status === 'fail' || result.status === 'differs'
      if (isShown) print(`${tableRow(result, width)}\n`)
      results.push(result)
      if (result.milliseconds > 1000 * options.timeout) await recovered(options)
    }
    const report = reportOf(options, version, server.name, results)
    write(options, report, output)
    print(`\n${failures(report)}`)
    print(`${options.targets.main.uri} by ${options.targets.carrier}: ${summary(report)}\n`)
    return report.counts.fail > 0 ? 1 : 0
  } catch (error) {
    if (!(error instanceof CannotRun)) throw error
    output.stderr(`error: ${error.message}\n`)
    return 2
  }
}

function chosenRows(only: readonly string[]): readonly Row[] {
  return only.length === 0
    ? allRows
    : allRows.filter((row) => only.some((name) => isNamed(row, name)))
}

/**
 * Returns whether `name` from the command line selects a conformance test. `name` is the test's id, or the beginning of
 * the id before a dash. A letter after the number may be left out.
 */
function isNamed({ id }: Row, name: string): boolean {
  const upper = id.toUpperCase()
  const plain = id.replace(/[a-z]$/, '')
  return name === upper || name === plain || upper.startsWith(`${name}-`)
}

interface Server {
  readonly name: string | undefined
  readonly trackCount: number
}

/**
 * Time limit in milliseconds of the first DESCRIBE, four times that of a test. A source that starts on demand may need
 * longer the first time.
 */
const lookLimitMs = ({ timeout }: ConformOptions): number => 4000 * timeout

/**
 * Sends a DESCRIBE for the presentation that the conformance tests will use.
 *
 * @returns The Server header of the response, and the number of described tracks.
 * @throws {CannotRun} If there is no response, or the server has no presentation at the URL.
 */
async function look(options: ConformOptions): Promise<Server> {
  const { targets } = options
  const trial = new Trial(targets, new Waiting(lookLimitMs(options)))
  try {
    const peer = await trial.connect()
    const { answer, tracks } = await trial.describe(peer)
    return { name: answer.header('Server'), trackCount: tracks.length }
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error
    throw new CannotRun(`${targets.main.uri} does not play: ${error.message}`)
  } finally {
    await trial.close()
  }
}

/**
 * Sends a DESCRIBE after a test that has exceeded the time limit, so that a busy server does not
 * make the next test fail. The next test runs even without a response.
 */
async function recovered(options: ConformOptions): Promise<void> {
  try {
    await look(options)
  } catch (error) {
    // The next row will report it.
    if (!(error instanceof CannotRun)) throw error
  }
}

function reportOf(
  { targets, isStrict }: ConformOptions,
  version: string,
  server: string | undefined,
  rows: readonly RowResult[],
): ConformReport {
  return {
    ...{ tool: 'rtspool conform', version, server, isStrict },
    ...{ target: targets.main.uri, carrier: targets.carrier },
    ...{ counts: countRows(rows), rows },
  }
}

/**
 * Writes the report in JSON to a file or to the standard output, if `--json` requests it.
 *
 * @throws {CannotRun} If the file cannot be written.
 */
function write({ json }: ConformOptions, report: ConformReport, output: ConformOutput): void {
  if (json === undefined) return
  const text = `${JSON.stringify(report, undefined, 2)}\n`
  if (json === '-') {
    output.stdout(text)
    return
  }
  try {
    writeFileSync(json, text)
  } catch (error) {
    throw new CannotRun(`cannot write ${json}: ${error instanceof Error ? error.message : error}`)
  }
}
