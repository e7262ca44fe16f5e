import type { RowResult, RowStatus } from './run-rows.js'

/** Results of a run, as written by `--json`. */
export interface ConformReport {
  readonly tool: string
  /** Version of the package `rtspool-conform`, which ran the tests. */
  readonly version: string
  /** URL of the tested presentation, without name and password. */
  readonly target: string
  readonly carrier: string
  /** Value of the Server header of the tested server; `undefined` without the header. */
  readonly server: string | undefined
  readonly isStrict: boolean
  readonly counts: Readonly<Record<RowStatus, number>>
  readonly rows: readonly RowResult[]
}

/** Counts the conformance tests by the status of their results. */
export function countRows(rows: readonly RowResult[]): Record<RowStatus, number> {
  const counts = { pass: 0, fail: 0, differs: 0, skip: 0 }
  for (const { status } of rows) counts[status] += 1
  return counts
}

interface Column {
  readonly title: string
  readonly width: number
  readonly text: (row: RowResult) => string
}

const fixedColumns: readonly Column[] = [
  { title: 'row', width: 9, text: (row) => row.id },
  { title: 'level', width: 6, text: (row) => row.level },
  { title: 'result', width: 7, text: (row) => (row.status === 'fail' ? 'FAIL' : row.status) },
]
const minTextWidth = 20

/** Formats the heading of the table of results. @param width - Width of the table in characters. */
export function tableHead(width: number): string {
  const [requirement, expected, got] = textWidths(width)
  const fixed = fixedColumns.map(({ title, width: each }) => title.padEnd(each)).join(' ')
  const texts = ['requirement'.padEnd(requirement), 'expected'.padEnd(expected), 'got'.padEnd(got)]
  return `${fixed} ${texts.join(' ')}`.trimEnd()
}

/**
 * Formats the result of one conformance test as a row of the table, on as many lines as its longest text needs.
 *
 * @param width - Width of the table in characters.
 */
export function tableRow(row: RowResult, width: number): string {
  const widths = textWidths(width)
  const cells = [row.requirement, row.expected, row.got].map((text, index) =>
    wrap(text, widths[index] ?? minTextWidth),
  )
  const fixed = fixedColumns.map((column) => column.text(row).padEnd(column.width)).join(' ')
  const height = Math.max(...cells.map((lines) => lines.length))
  return Array.from({ length: height }, (_, line) => {
    const begin = line === 0 ? fixed : ' '.repeat(fixed.length)
    const texts = cells.map((lines, index) => (lines[line] ?? '').padEnd(widths[index] ?? 0))
    return `${begin} ${texts.join(' ')}`.trimEnd()
  }).join('\n')
}

/** Formats the list of failed conformance tests, one a line, each with the source of its requirement. */
export function failures({ rows }: Pick<ConformReport, 'rows'>): string {
  return rows
    .filter(({ status }) => status === 'fail')
    .map(({ id, requirement, reference }) => `FAIL ${id}: ${requirement} (${reference})\n`)
    .join('')
}

/** Formats the numbers of results in one line: `41 passed, 0 failed, 2 differ, 7 skipped`. */
export function summary({ counts, isStrict }: ConformReport): string {
  const { pass, fail, differs, skip } = counts
  const differing = isStrict ? '' : `, ${differs} differ`
  return `${pass} passed, ${fail} failed${differing}, ${skip} skipped`
}

/**
 * Returns the widths in characters of the columns for requirement, expected and received behaviour.
 *
 * @param width - Width of the table in characters.
 */
function textWidths(width: number): readonly [number, number, number] {
  const fixed = fixedColumns.reduce((sum, column) => sum + column.width + 1, 0)
  const left = Math.max(3 * minTextWidth, width - fixed - 2)
  const each = Math.floor(left / 3)
  return [each, each, left - 2 * each]
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = ''
    }
    line = line === '' ? word : `${line} ${word}`
    while (line.length > width) {
      lines.push(line.slice(0, width))
      line = line.slice(width)
    }
  }
  return [...lines, line]
}
