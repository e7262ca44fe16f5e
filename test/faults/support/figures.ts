import { appendFileSync } from 'node:fs'

/** One measured value, with its unit and, if there is one, its limit. */
export interface Figure {
  readonly what: string
  readonly measured: number | string
  /** Value that is promised, in words. */
  readonly wanted?: string | undefined
}

/**
 * Notes figures of a test for the table that `npm run test:faults` prints at its end.
 *
 * @param title - Load under which they were measured.
 */
export function noteFigures(title: string, figures: readonly Figure[]): void {
  const file = process.env.RTSPOOL_FAULTS_FIGURES
  if (file) appendFileSync(file, `${JSON.stringify({ title, figures })}\n`)
}
