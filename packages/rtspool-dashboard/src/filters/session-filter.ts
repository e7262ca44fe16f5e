/**
 * Values by which the user filters sessions, by the names of the API's query parameters. Empty values count as absent.
 */
export type FilterValues = Readonly<Record<string, string>>

/** Field in which the user enters one value of a filter. */
export interface FilterField {
  /** Name of the query parameter in the API. */
  readonly name: string
  readonly label: string
  readonly placeholder?: string
  /** Values to choose from. Without them, the user may enter any text. */
  readonly choices?: readonly string[]
  readonly isNumber?: boolean
}

/** Fields for the filters of live sessions, and of records of removed sessions. */
export const sessionFields: readonly FilterField[] = [
  { name: 'path', label: 'Path', placeholder: '/camera' },
  { name: 'user', label: 'User' },
  { name: 'address', label: 'Address', placeholder: '192.0.2.1' },
  { name: 'userAgent', label: 'Program', placeholder: 'part of its name' },
  { name: 'state', label: 'State', choices: ['Init', 'Ready', 'Playing', 'Recording'] },
  { name: 'group', label: 'Group', placeholder: 'plan=free' },
  { name: 'minAge', label: 'Seconds, at least', isNumber: true },
  { name: 'maxAge', label: 'Seconds, at most', isNumber: true },
]

/**
 * Returns only the values that filter sessions and are not empty.
 *
 * @param values - Values in the URL of the page, which also contain the sort order.
 */
export function filterOf(values: FilterValues): FilterValues {
  const names = ['like', ...sessionFields.map(({ name }) => name)]
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = values[name]?.trim() ?? ''
      return value === '' ? [] : [[name, value]]
    }),
  )
}

/** Returns a filter of sessions as the JSON body of an API request, with the values of number fields as numbers. */
export function filterBody(values: FilterValues): Record<string, string | number> {
  const numbers = new Set(sessionFields.filter(({ isNumber }) => isNumber).map(({ name }) => name))
  return Object.fromEntries(
    Object.entries(filterOf(values)).map(([name, value]) => [
      name,
      numbers.has(name) ? Number(value) : value,
    ]),
  )
}

/** Formats a filter for the user: `user ann, path /cam`. */
export function filterText(values: FilterValues): string {
  const labels = new Map(sessionFields.map(({ name, label }) => [name, label.toLowerCase()]))
  return Object.entries(filterOf(values))
    .map(([name, value]) => `${labels.get(name) ?? 'text'} ${value}`)
    .join(', ')
}
