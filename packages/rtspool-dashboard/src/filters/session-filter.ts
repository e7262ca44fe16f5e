/** Values of a filter, by the names of its parameters in the API. Empty values count as absent. */
export type FilterValues = Readonly<Record<string, string>>

/** A field in which a person enters one value of a filter. */
export interface FilterField {
  /** Name in the API. */
  readonly name: string
  readonly label: string
  readonly placeholder?: string
  /** Values to choose from. Without them, a person may enter any text. */
  readonly choices?: readonly string[]
  readonly isNumber?: boolean
}

/** Fields of the filters of live sessions and of sessions that have left. */
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
 * Returns the values that filter sessions, and leaves out empty ones and all others.
 *
 * @param values - Values in the URL of the page, among them those of the sort order.
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

/** Returns a filter as the body of a request, in which numbers are numbers. */
export function filterBody(values: FilterValues): Record<string, string | number> {
  const numbers = new Set(sessionFields.filter(({ isNumber }) => isNumber).map(({ name }) => name))
  return Object.fromEntries(
    Object.entries(filterOf(values)).map(([name, value]) => [
      name,
      numbers.has(name) ? Number(value) : value,
    ]),
  )
}

/** Writes a filter in words: `user ann, path /cam`. */
export function filterText(values: FilterValues): string {
  const labels = new Map(sessionFields.map(({ name, label }) => [name, label.toLowerCase()]))
  return Object.entries(filterOf(values))
    .map(([name, value]) => `${labels.get(name) ?? 'text'} ${value}`)
    .join(', ')
}
