import { inspect } from 'node:util'

/** Number of characters of a received value that the message of an option error shows. */
const maxShownLength = 120
/** Number of member names that the message of an option error shows. */
const maxShownNames = 8
/** Maximum number of changed characters between a mistyped option name and the name that the error suggests. */
const maxEdits = 2

/**
 * Formats a value for messages about options: strings in quotes, objects one level deep. Must not
 * be used for a value that may hold a secret; see {@link kindOf}.
 */
export function shown(value: unknown): string {
  const options = { depth: 0, breakLength: Number.POSITIVE_INFINITY, maxArrayLength: 8 }
  const text = inspect(value, { ...options, maxStringLength: maxShownLength })
  return text.length > maxShownLength ? `${text.slice(0, maxShownLength)}...` : text
}

/** Returns the type of a value, without its contents: `string`, `null`, `Map`. */
export function kindOf(value: unknown): string {
  if (value === null || typeof value !== 'object') return value === null ? 'null' : typeof value
  const type: unknown = value.constructor
  return typeof type === 'function' && type !== Object ? type.name : 'object'
}

/**
 * Returns the type of a value and the names of its members, without contents, which may be a
 * secret: `object with user, plan`.
 */
export function shapeOf(value: unknown): string {
  if (typeof value === 'boolean' || typeof value === 'number') return String(value)
  if (typeof value !== 'object' || value === null) return kindOf(value)
  const names = Object.keys(value).slice(0, maxShownNames)
  const isList = Array.isArray(value) || ArrayBuffer.isView(value)
  if (isList || names.length === 0) return kindOf(value)
  return `${kindOf(value)} with ${names.join(', ')}`
}

/** Returns whether a value has named members, unlike a list or a `Map`. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return !(value instanceof Map || value instanceof Set || value instanceof Promise)
}

/**
 * Checks that options are an object with known members only. Members that are `undefined` count as
 * missing.
 *
 * @param name - Function or class that the options belong to.
 * @throws {TypeError} names the unknown member and, if one is similar, the probable intention;
 *   never a value.
 */
export function checkOptions(name: string, options: unknown, known: readonly string[]): void {
  if (!isRecord(options)) {
    throw new TypeError(`the options of ${name} must be an object, got ${kindOf(options)}`)
  }
  // Called for each new session, so it builds no list.
  for (const key in options) {
    if (known.includes(key) || options[key] === undefined || !Object.hasOwn(options, key)) continue
    const meant = nearest(key, known)
    const hint = meant === undefined ? `there are ${known.join(', ')}` : `did you mean '${meant}'?`
    throw new TypeError(`${name} has no option '${key}': ${hint}`)
  }
}

/**
 * Checks that an option is a boolean, and returns it.
 *
 * @throws {TypeError} The value is not a boolean.
 */
export function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value
  throw new TypeError(`${name} must be true or false, got ${shown(value)}`)
}

/**
 * Checks that an option is a whole number in a range, and returns it.
 *
 * @throws {RangeError} The value is not a whole number from `first` to `last`.
 */
export function checkInteger(
  name: string,
  value: unknown,
  first = 0,
  last = Number.MAX_SAFE_INTEGER,
): number {
  if (Number.isInteger(value) && (value as number) >= first && (value as number) <= last) {
    return value as number
  }
  throw outOfRange(name, value, 'an integer', first, last)
}

/**
 * Checks that an option is a number in a range, and returns it.
 *
 * @throws {RangeError} The value is not a number from 0 to `last`.
 */
export function checkNumber(
  name: string,
  value: unknown,
  last = Number.POSITIVE_INFINITY,
  what = 'a number',
): number {
  if (typeof value === 'number' && value >= 0 && value <= last) return value
  throw outOfRange(name, value, what, 0, last)
}

/**
 * Checks that an option is a finite number of seconds, and returns it.
 *
 * @throws {RangeError} The value is not a finite number from 0 to `last`.
 */
export function checkSeconds(name: string, value: unknown, last = Number.MAX_VALUE): number {
  return checkNumber(name, value, last, 'a number of seconds')
}

function outOfRange(
  name: string,
  value: unknown,
  what: string,
  first: number,
  last: number,
): RangeError {
  const range = last < Number.MAX_SAFE_INTEGER ? `from ${first} to ${last}` : `from ${first}`
  return new RangeError(`${name} must be ${what} ${range}, got ${shown(value)}`)
}

/** Returns a copy of options without members that are `undefined`, so that they do not replace defaults. */
export function withoutUndefined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T
}

/**
 * Checks that an option is a function.
 *
 * @throws {TypeError} The value is not a function.
 */
export function checkFunction(name: string, value: unknown): void {
  if (typeof value === 'function') return
  throw new TypeError(`${name} must be a function, got ${shown(value)}`)
}

/**
 * Checks that an option is a text.
 *
 * @throws {TypeError} The value is not a string, or is empty.
 */
export function checkText(name: string, value: unknown): void {
  if (typeof value === 'string' && value !== '') return
  throw new TypeError(`${name} must be a string that is not empty, got ${shown(value)}`)
}

/**
 * Checks that a value is an object with certain methods.
 *
 * @param members - Names of the required methods.
 * @throws {TypeError} when a method is missing.
 */
export function checkMethods(name: string, value: unknown, members: readonly string[]): void {
  const object = (value ?? {}) as Readonly<Record<string, unknown>>
  if (members.every((member) => typeof object[member] === 'function')) return
  throw new TypeError(`${name} must have the methods ${members.join(', ')}, got ${kindOf(value)}`)
}

/**
 * Checks that an option is a clock.
 *
 * @throws {TypeError} The value lacks a method of `Clock`.
 */
export function checkClock(value: unknown): void {
  checkMethods('clock', value, ['now', 'unixTimeMs', 'schedule'])
}

/**
 * Checks that an option is an array of two elements, such as the first and the last port.
 *
 * @throws {TypeError} when `value` is not.
 */
export function checkPair(name: string, value: unknown): void {
  if (Array.isArray(value) && value.length === 2) return
  throw new TypeError(`${name} must be a list of first and last port, got ${shown(value)}`)
}

function nearest(name: string, known: readonly string[]): string | undefined {
  const lower = name.toLowerCase()
  let best: string | undefined
  let fewest = Math.min(maxEdits, Math.floor(name.length / 2)) + 1
  for (const candidate of known) {
    const edits = editDistance(lower, candidate.toLowerCase())
    if (edits >= fewest) continue
    fewest = edits
    best = candidate
  }
  return best
}

/**
 * Returns the edit distance of two texts: the number of characters to insert, delete, replace or swap with their
 * neighbour. The error for a mistyped option suggests the nearest name by it.
 */
function editDistance(from: string, to: string): number {
  const rows = [Array.from({ length: to.length + 1 }, (_, column) => column)]
  const at = (row: number, column: number): number => rows[row]?.[column] as number
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    rows.push(current)
    for (let column = 1; column <= to.length; column++) {
      const cost = from[row - 1] === to[column - 1] ? 0 : 1
      let edits = Math.min(
        at(row - 1, column) + 1,
        at(row, column - 1) + 1,
        at(row - 1, column - 1) + cost,
      )
      const isSwap =
        row > 1 &&
        column > 1 &&
        from[row - 1] === to[column - 2] &&
        from[row - 2] === to[column - 1]
      if (isSwap) edits = Math.min(edits, at(row - 2, column - 2) + 1)
      current.push(edits)
    }
  }
  return at(from.length, to.length)
}
