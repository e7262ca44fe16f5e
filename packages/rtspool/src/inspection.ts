import type { InspectOptions } from 'node:util'

/** `util.inspect`, as it is handed to the objects that it shows. */
export type Inspect = (value: unknown, options: InspectOptions) => string

/** Method by which an object says how `util.inspect` and `console.log` show it. */
export const inspectCustom: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never

/** Text of an object for `util.inspect`: its name and its summary, or below the depth asked for its public id alone. */
export function inspectSummary(
  name: string,
  summary: { readonly publicId: string },
  depth: number,
  options: InspectOptions,
  inspect: Inspect,
): string {
  if (depth < 0) return `${name} { publicId: '${summary.publicId}' }`
  const shown = Object.entries(summary).filter(([, value]) => value !== undefined)
  return `${name} ${inspect(Object.fromEntries(shown), options)}`
}
