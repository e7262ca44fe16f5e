import { stringify } from 'yaml'
import { expectedOf } from './expected.js'
import type { KeySchema } from './key-schema.js'
import { keySchema } from './schema.js'

const head = `# Configuration of rtspool. A key that is commented out has the value that is shown, or no value.
# rtspool config check names each mistake; the running server reloads this file when it changes.
# Keys marked "restart" change with the next start only.
# Paths of files are relative to the folder of this file.
`

/** Returns the configuration file that `rtspool init` writes: all keys with meaning and default, as comments. */
export function exampleConfig(): string {
  const sections = Object.entries(keySchema().properties ?? {}).map(([name, schema]) =>
    schema.properties ? sectionText(name, schema, '') : keyText(name, schema, ''),
  )
  return [head, ...sections].join('\n')
}

function sectionText(name: string, schema: KeySchema, indent: string): string {
  const keys = Object.entries(schema.properties ?? {}).map(([inner, innerSchema]) =>
    innerSchema.properties
      ? sectionText(inner, innerSchema, `${indent}  `)
      : keyText(inner, innerSchema, `${indent}  `),
  )
  const title = schema.description === undefined ? '' : `${indent}# ${schema.description}.\n`
  return `${title}${indent}${name}:\n${keys.join('')}`
}

function keyText(name: string, schema: KeySchema, indent: string): string {
  const { description = '', unit, live, defaultText } = schema
  const facts = [
    unit === undefined ? '' : `in ${unit}`,
    schema.enum || schema.anyOf ? expectedOf(schema) : '',
    defaultText === undefined ? '' : `default: ${defaultText}`,
    live ? '' : 'restart',
  ].filter((fact) => fact !== '')
  const line = `${indent}# ${description}${facts.length > 0 ? ` (${facts.join('; ')})` : ''}\n`
  return `${line}${indent}# ${name}: ${flowText(exampleOf(schema))}\n`
}

/**
 * Returns the value of a key in the example file: its default, or else one that its schema gives as
 * an example.
 */
export function exampleOf({ default: value, examples, defaultText }: KeySchema): unknown {
  return value === undefined || (defaultText !== undefined && examples) ? examples?.[0] : value
}

/** Formats a value on one line of YAML. */
const flowText = (value: unknown): string =>
  stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trim()
