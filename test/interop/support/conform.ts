import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Program } from './process.js'

const command = fileURLToPath(new URL('../../../packages/server/dist/main.js', import.meta.url))

/** What `--json` writes, as far as tests look at it. */
export interface ConformReport {
  readonly carrier: string
  readonly counts: Readonly<Record<'pass' | 'fail' | 'differs' | 'skip', number>>
  readonly rows: readonly {
    readonly id: string
    readonly status: string
    readonly expected: string
    readonly got: string
  }[]
}

let runs = 0

/** Runs `rtspool conform`, at most two minutes. @returns Its exit code, its report and its output. */
export async function conform(...args: string[]) {
  runs += 1
  const file = join(tmpdir(), `rtspool-conform-${process.pid}-${runs}.json`)
  const program = new Program(process.execPath, [command, 'conform', ...args, '--json', file])
  const status = await program.ended(120_000)
  try {
    const report: ConformReport = JSON.parse(await readFile(file, 'utf8'))
    return { status, report, stdout: program.stdout }
  } catch (error) {
    throw new Error(`no report: ${program.stdout}${program.stderr}`, { cause: error })
  } finally {
    await rm(file, { force: true })
  }
}

/** The rows that were not met, as lines to compare with none. */
export function unmet({ rows }: ConformReport): string[] {
  return rows
    .filter(({ status }) => status === 'fail' || status === 'differs')
    .map(({ id, expected, got }) => `${id}: expected ${expected}, got ${got}`)
}

/** The rows that were skipped, with the reason of each. */
export function skipped({ rows }: ConformReport): string[] {
  return rows.filter(({ status }) => status === 'skip').map(({ id, got }) => `${id}: ${got}`)
}
