import type { ReadonlySignal } from '@preact/signals'

/**
 * Returns the text for a table without rows.
 *
 * @param list - The list of the table.
 * @param empty - Sentence for a list that was loaded and is empty.
 */
export function emptyText({ problem, isRefused }: ListState, empty: string): string {
  if (isRefused?.value) return 'The server does not accept this filter.'
  return problem.value === '' ? empty : 'The list has not arrived. The page tries again soon.'
}

interface ListState {
  readonly problem: ReadonlySignal<string>
  readonly isRefused?: ReadonlySignal<boolean>
}
