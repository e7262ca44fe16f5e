import { checkInteger } from '../../option-checks.js'

const defaultPageLimit = 100
const maxPageLimit = 1000
const radix = 36
const serialPattern = /^[0-9a-z]{1,11}$/

/**
 * Checks the `limit` of a query.
 *
 * @returns Maximum number of entries on a page; 100 by default.
 * @throws {RangeError | TypeError} unless the limit is a whole number from 1 to 1000.
 */
export const pageLimitOf = (limit: number | undefined): number =>
  checkInteger('limit', limit ?? defaultPageLimit, 1, maxPageLimit)

/** Writes the serial number of the last entry on a page as the cursor of the next page, a text for the next query. */
export const cursorOf = (serial: number): string => serial.toString(radix)

/** Reads a serial number from a cursor. @throws {RangeError} when the text is no cursor */
export function serialOf(cursor: string): number {
  if (!serialPattern.test(cursor)) throw noCursor()
  return Number.parseInt(cursor, radix)
}

/** Creates the error for a text that is no cursor of a list. */
export const noCursor = (): RangeError => new RangeError('That is no cursor of this list')
