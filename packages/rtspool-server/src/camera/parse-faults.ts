import { nearestName } from 'rtspool-conform/command-line'
import {
  type FaultEntry,
  FaultValueError,
  faultNames,
  faultTable,
  isFaultName,
} from './fault-table.js'
import type { Faults } from './faults.js'

/** Error for a fault that does not exist, or whose value does not fit. The message is one line. */
export class FaultError extends Error {}

const maxShown = 40

/**
 * Parses the query of a URL, such as `loss=1&quirk=19`.
 *
 * @param defaults - Values of the faults that the query does not name.
 * @throws {FaultError} Names the fault, the expected value and the received one.
 */
export function parseFaults(query: string, defaults: Faults): Faults {
  const values: Partial<Faults> = {}
  for (const pair of query.split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = decoded(equals < 0 ? pair : pair.slice(0, equals))
    const text = equals < 0 ? '' : decoded(pair.slice(equals + 1))
    if (!isFaultName(name)) throw new FaultError(unknownFault(name))
    if (name in values) throw new FaultError(`${name}: expected one value, got two`)
    Object.assign(values, { [name]: parseFault(name, text) })
  }
  return { ...defaults, ...values }
}

/**
 * Parses the value of one fault.
 *
 * @throws {FaultError} Names the fault, the expected value and the received one.
 */
export function parseFault<Name extends keyof Faults>(name: Name, text: string): Faults[Name] {
  const entry: FaultEntry<Faults[Name]> = faultTable[name]
  try {
    return entry.parse(text)
  } catch (error) {
    if (!(error instanceof FaultValueError)) throw error
    throw new FaultError(`${name}: expected ${error.message}, got ${shown(text)}`)
  }
}

function unknownFault(name: string): string {
  const nearest = nearestName(name, faultNames)
  const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`
  return `expected a fault (${faultNames.join(', ')}), got ${shown(name)}${hint}`
}

const shown = (text: string): string => JSON.stringify(text.slice(0, maxShown))

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new FaultError(`expected percent-encoded UTF-8, got ${shown(text)}`)
  }
}
