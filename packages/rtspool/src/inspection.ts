import type { InspectOptions } from 'node:util'

/** Function `util.inspect`, which Node passes to {@link inspectCustom}. */
export type Inspect = (value: unknown, options: InspectOptions) => string

/** Name of the method that returns the text of an object for `util.inspect` and `console.log`. */
export const inspectCustom: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never

/**
 * Returns the text of an object for `util.inspect`: its name and its summary. If `depth` is
 * negative, the object is nested too deep, and only its name and `publicId` are shown.
 */
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
