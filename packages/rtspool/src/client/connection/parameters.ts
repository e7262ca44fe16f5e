import { checkOptions, checkText, kindOf, shown } from '../../option-checks.js'

/** Content type of a body with one parameter a line (RFC 2326 section 10.8). */
export const parametersType = 'text/parameters'

/** Maximum number of parameters that {@link parseParameters} reads; further ones are left out. */
const maxParameters = 1024
// biome-ignore lint/suspicious/noControlCharactersInRegex: they would end a line
const controlCode = /[\x00-\x1f\x7f]/

/**
 * Serializes the body of GET_PARAMETER: one name a line.
 *
 * @throws {TypeError} a name is empty, or has a colon, a space or a control character.
 */
export function serializeNames(names: readonly string[]): string {
  if (!Array.isArray(names)) {
    throw new TypeError(`names must be a list of names, got ${kindOf(names)}`)
  }
  for (const name of names) checkName(name)
  return names.map((name) => `${name}\r\n`).join('')
}

/**
 * Serializes the body of SET_PARAMETER: one name and its value a line.
 *
 * @throws {TypeError} a name as in {@link serializeNames}, or a value that is no string of one line.
 */
export function serializeParameters(values: Readonly<Record<string, string>>): string {
  checkOptions('setParameters', values, Object.keys(values ?? {}))
  return Object.entries(values)
    .map(([name, value]) => {
      checkName(name)
      if (typeof value === 'string' && !controlCode.test(value)) return `${name}: ${value}\r\n`
      throw new TypeError(`the value of ${name} must be a string of one line, got ${shown(value)}`)
    })
    .join('')
}

/**
 * Parses lines `name: value` to values by name. A line without a colon is a name with an empty value; the first of
 * equal names wins.
 */
export function parseParameters(body: Buffer): Map<string, string> {
  const values = new Map<string, string>()
  for (const line of body.toString().split(/\r\n|\n|\r/)) {
    if (values.size === maxParameters) break
    const colon = line.indexOf(':')
    const name = (colon < 0 ? line : line.slice(0, colon)).trim()
    if (name !== '' && !values.has(name)) {
      values.set(name, colon < 0 ? '' : line.slice(colon + 1).trim())
    }
  }
  return values
}

function checkName(name: unknown): void {
  checkText('the name of a parameter', name)
  if (!/[\s:]/.test(name as string) && !controlCode.test(name as string)) return
  throw new TypeError(
    `the name of a parameter must be one word without a colon, got ${shown(name)}`,
  )
}
