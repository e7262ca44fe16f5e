import type { ReadonlySignal } from '@preact/signals'

/**
 * Returns the text for a table without rows.
 *
 * @param list - The list of the table.
 * @param empty - Sentence for a list that was loaded and is empty.
 */
export const emptyText = (
  { problem }: { readonly problem: ReadonlySignal<string> },
  empty: string,
): string => (problem.value === '' ? empty : 'The list has not arrived. The page tries again soon.')
