import type { KeySchema } from './key-schema.js'

/** Maximum number of characters of a received value that a message shows. */
const maxShownLength = 64

/**
 * Describes the values that a configuration key may have, such as `a number from 1`, to follow `must be` in a message.
 */
export function expectedOf(schema: KeySchema): string {
  const { expected, anyOf, type, items } = schema
  if (expected !== undefined) return expected
  if (schema.enum) return `one of ${schema.enum.join(', ')}`
  if (schema.const !== undefined) return String(schema.const)
  if (anyOf) return anyOf.map(expectedOf).join(' or ')
  switch (type) {
    case 'boolean':
      return 'true or false'
    case 'integer':
    case 'number':
      return numberText(schema)
    case 'array':
      return items?.description === undefined ? 'a list' : `a list: each ${items.description}`
    case 'object':
      return 'a section with keys'
    default:
      return 'text'
  }
}

function numberText({ type, minimum, maximum, exclusiveMinimum }: KeySchema): string {
  const from =
    exclusiveMinimum === undefined ? ` from ${minimum ?? 0}` : ` above ${exclusiveMinimum}`
  const isBounded = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER
  const to = isBounded ? ` to ${maximum}` : ''
  const kind = type === 'integer' && !isBounded ? 'a whole number' : 'a number'
  return `${kind}${from}${to}`
}

/**
 * Formats a received value for a message: a text in quotes and shortened, sections and lists only
 * by their kind.
 */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'object') return 'a section'
  if (typeof value !== 'string') return String(value)
  const isLong = value.length > maxShownLength
  return `'${isLong ? `${value.slice(0, maxShownLength)}…` : value}'`
}

/** Matches texts that YAML 1.1 reads as booleans, and YAML 1.2 as texts. */
const booleans = /^(?:y|yes|on|n|no|off)$/i

/**
 * Returns a hint, as the end of a message, for a value that looks right but has another type in
 * YAML, such as `yes`; empty for other values.
 */
export function hintFor(schema: KeySchema, value: unknown): string {
  if (typeof value !== 'string') return typeof value === 'number' ? textHint(schema) : ''
  const types = new Set([schema, ...(schema.anyOf ?? [])].map(({ type }) => type))
  if (types.has('boolean') && booleans.test(value)) {
    const meant = /^(?:y|yes|on)$/i.test(value) ? 'true' : 'false'
    return `; in YAML 1.2 this is text: write ${meant}`
  }
  const isNumeric = types.has('number') || types.has('integer')
  if (isNumeric && /^[+-]?[\d_]+$/.test(value) && value.includes('_')) {
    return '; numbers have no underscores'
  }
  if (isNumeric && /^\d/.test(value) && /[a-z:]/i.test(value)) {
    return `; write a number${schema.unit === undefined ? '' : ` of ${schema.unit}`}`
  }
  if (isNumeric && value !== '' && Number.isFinite(Number(value))) return '; remove the quotes'
  return ''
}

const textHint = ({ type, enum: words }: KeySchema): string =>
  type === 'string' && !words ? '; put text that looks like a number in quotes' : ''
