import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Program } from './process.js'

const command = fileURLToPath(
  new URL('../../../packages/rtspool-server/lib/main.js', import.meta.url),
)

/** A row, as `--list --json` prints it. */
export interface ConformRow {
  readonly id: string
  readonly requirement: string
}

/** What came of a row. */
export interface ConformResult extends ConformRow {
  readonly status: 'pass' | 'fail' | 'differs' | 'skip'
  readonly expected: string
  readonly got: string
}

/** What `--json` writes, as far as tests look at it. */
export interface ConformReport {
  readonly server?: string
  readonly carrier: string
  readonly counts: Readonly<Record<ConformResult['status'], number>>
  readonly rows: readonly ConformResult[]
}

/** Every row that there is. */
export function listRows(): readonly ConformRow[] {
  const { stdout } = spawnSync(process.execPath, [command, 'conform', '--list', '--json'])
  return JSON.parse(String(stdout))
}

let runs = 0

/** Runs `rtspool conform`, at most three minutes. @returns Its exit code and its report. */
export async function conform(...args: string[]) {
  runs += 1
  const file = join(tmpdir(), `rtspool-conform-${process.pid}-${runs}.json`)
  const program = new Program(process.execPath, [command, 'conform', ...args, '--json', file])
  const status = await program.ended(180_000)
  try {
    const report: ConformReport = JSON.parse(await readFile(file, 'utf8'))
    return { status, report }
  } catch (error) {
    throw new Error(`no report, ${status}: ${program.stdout}${program.stderr}`, { cause: error })
  } finally {
    await rm(file, { force: true })
  }
}

/**
 * Keeps a report for docs/evidence/conformance.md, without what differs from run to run; only where
 * RTSPOOL_CONFORM_RECORD names a folder.
 *
 * @param name - Of the server, as the document shows it.
 */
export function record(name: string, report: ConformReport): void {
  const folder = process.env.RTSPOOL_CONFORM_RECORD
  if (!folder) return
  const rows = report.rows.map(({ id, status, got }) => ({ id, status, got: stable(got) }))
  const { counts } = report
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${name.toLowerCase().replace(/[^a-z0-9.]+/g, '-')}.json`)
  writeFileSync(file, `${JSON.stringify({ name, counts, rows }, undefined, 2)}\n`)
}

/** Ports and addresses are others each time. */
function stable(text: string): string {
  return text.replace(/(127\.0\.0\.1|\[::1\]):\d+/g, '$1').replace(/=\d{4,5}-\d{4,5}/g, '=a-b')
}
