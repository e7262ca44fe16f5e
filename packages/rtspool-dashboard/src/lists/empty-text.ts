import type { ReadonlySignal } from '@preact/signals'

/**
 * Returns the text for a table without rows: the reason of a failed request, or a sentence for an empty list.
 *
 * @param list - State of the list that the table shows.
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
