import type { z } from 'zod'
import { Problem, type WrongValue } from './problem.js'

type Issue = z.core.$ZodIssue

const maxShownLength = 100
const maxWrongValues = 20

/**
 * Validates the path parameters, the query or the body of a request by a schema.
 *
 * @param part - `path`, `query` or `body`; it begins each name of a value in the response.
 * @param isSecret - True for a part with a password: the response then contains none of its values.
 * @throws {Problem} `invalid-request`, with every wrong value.
 */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  part: 'path' | 'query' | 'body',
  value: unknown,
  isSecret = false,
): z.output<Schema> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const all = result.error.issues.slice(0, maxWrongValues).flatMap((issue) => {
    return wrongValuesOf(issue, part, value)
  })
  const wrong = isSecret ? all.map((each) => ({ ...each, got: 'a hidden value' })) : all
  const [first] = wrong
  const detail = `${first?.where}: expected ${first?.expected}, got ${first?.got}`
  throw new Problem('invalid-request', detail, { wrong })
}

function wrongValuesOf(issue: Issue, part: string, value: unknown): WrongValue[] {
  const where = [part, ...issue.path.map(String)].join('.')
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      where: `${where}.${cut(key)}`,
      expected: 'no such name',
      got: shown(at(value, [...issue.path, key])),
    }))
  }
  return [{ where, expected: expectedBy(issue), got: shown(at(value, issue.path)) }]
}

function expectedBy(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected
    case 'invalid_value':
      return issue.values.length === 1
        ? String(issue.values[0])
        : `one of ${issue.values.join(', ')}`
    case 'too_small':
      return `${sizeOf(issue.origin)}${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`
    case 'too_big':
      return `${sizeOf(issue.origin)}${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}`
    case 'invalid_format':
      return issue.pattern === undefined ? issue.format : `text like ${issue.pattern}`
    default:
      return issue.message
  }
}

const sizeOf = (origin: string): string =>
  origin === 'string' ? 'length ' : origin === 'array' ? 'number of entries ' : ''

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  let inner = value
  for (const key of path) {
    if (typeof inner !== 'object' || inner === null) return undefined
    inner = (inner as Record<PropertyKey, unknown>)[key]
  }
  return inner
}

const cut = (text: string): string =>
  text.length > maxShownLength ? `${text.slice(0, maxShownLength - 1)}…` : text

function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  return cut(JSON.stringify(value) ?? String(value))
}
