import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { operations } from '../src/api/routes.js'
import { schemaAt } from '../src/config/key-schema.js'
import { keySchema } from '../src/config/schema.js'
import { eventTypeNames } from '../src/events/event-types.js'

const page = readFileSync(
  new URL('../../../docs/start/from-mediamtx.md', import.meta.url),
  'utf8',
).replace(/```.*?```/gs, '')

const calls = new Set(operations.map(({ method, path }) => `${method.toUpperCase()} ${path}`))
const events: ReadonlySet<string> = new Set(eventTypeNames)

const rows = page
  .split('\n')
  .filter((line) => /^\| (?!MediaMTX|---)/.test(line))
  .map((line) => line.split(' | ')[1] ?? '')

/**
 * Names in the second column of the tables: what replaces a key or call of MediaMTX. A name without a section, behind a
 * key, is in the section of that key: `auth.jwt.jwksUrl`, `issuer`.
 */
const replacements = rows.flatMap((cell) => {
  let section = ''
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => {
    const isShort = /^\w+$/.test(name) && section !== '' && !isKey(name) && !events.has(name)
    if (name.includes('.')) section = name.slice(0, name.lastIndexOf('.'))
    return isShort ? `${section}.${name}` : name
  })
})

/** Our calls anywhere on the page, and in other columns. */
const namedCalls = [...page.matchAll(/`((?:GET|POST|PATCH|DELETE) \/(?:v1\/|metrics)[^`]*)`/g)].map(
  ([, call]) => call,
)

function isKey(name: string): boolean {
  const path = name.split('.')
  return schemaAt(keySchema(), path).depth === path.length
}

it.each([...new Set(replacements)])('%s, which replaces something of MediaMTX, exists', (name) => {
  expect(isKey(name) || calls.has(name) || events.has(name)).toBe(true)
})

it.each([...new Set(namedCalls)])('the call %s exists', (call) => {
  expect(calls).toContain(call)
})

it('the page names many keys and calls', () => {
  expect(new Set(replacements).size).toBeGreaterThan(40)
})
