import type { ReadonlySignal } from '@preact/signals'

/**
 * Explains why a table has no rows.
 *
 * @param list - The list of the table.
 * @param empty - Sentence about a list that has arrived and is empty.
 */
export const emptyText = (
  { problem }: { readonly problem: ReadonlySignal<string> },
  empty: string,
): string => (problem.value === '' ? empty : 'The list has not arrived. The page tries again soon.')
