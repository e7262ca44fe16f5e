import { expect } from 'vitest'
import { RequestError } from '../../../src/errors.js'
import { eachCase } from '../../support/tagged-cases.js'
import type { HeaderCase, RefusedCase } from '../header-cases.js'

/** Returns the error of a call that must throw an error of the library. */
export function refusalOf(call: () => unknown): RequestError {
  try {
    call()
  } catch (error) {
    if (error instanceof RequestError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

/**
 * Registers tests for a table of cases: parse, serialize and round trip, and the error of refused
 * values.
 */
export function checkCases<Value>(
  cases: readonly HeaderCase<Value>[],
  refusedCases: readonly RefusedCase[],
  parse: (wire: string) => Value,
  serialize?: (value: Value) => string,
): void {
  eachCase(cases)('$name is parsed', ({ wire, value }) => {
    expect(parse(wire)).toEqual(value)
  })

  eachCase(refusedCases)('$name is refused', ({ wire, code }) => {
    const error = refusalOf(() => parse(wire))
    expect(error.code).toBe(code)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(error.message).not.toMatch(/[\x00-\x1f\x7f]/)
  })

  if (serialize) checkWritten(cases, parse, serialize)
}

function checkWritten<Value>(
  cases: readonly HeaderCase<Value>[],
  parse: (wire: string) => Value,
  serialize: (value: Value) => string,
): void {
  eachCase(cases)('$name is serialized', ({ wire, canonical = wire, value }) => {
    expect(serialize(value)).toBe(canonical)
  })

  eachCase(cases)('$name does not change when it is written and read again', ({ wire }) => {
    const once = serialize(parse(wire))
    expect(serialize(parse(once))).toBe(once)
  })
}
