import { parse } from 'yaml'
import type { KeySchema } from './key-schema.js'

/**
 * Matches a decimal number that the configuration accepts: at most 16 digits before the point, and
 * 9 after it.
 */
const decimal = /^[+-]?\d{1,16}(?:\.\d{1,9})?$/

/**
 * Converts the text of a variable or an option to the type of its key. A text that cannot be
 * converted stays a text, which the schema then refuses.
 */
export function valueOfText(schema: KeySchema, text: string): unknown {
  return typedValue(schema, text) ?? text
}

function typedValue(schema: KeySchema, text: string): unknown {
  const { type, anyOf, items } = schema
  if (anyOf) return firstOf(anyOf, text)
  if (schema.const !== undefined) return String(schema.const) === text ? schema.const : undefined
  switch (type) {
    case 'boolean':
      return text === 'true' || (text === 'false' ? false : undefined)
    case 'integer':
    case 'number':
      return decimal.test(text) ? Number(text) : undefined
    case 'array':
      return listOf(items ?? {}, text)
    case 'object':
      return structureOf(text)
    default:
      return text
  }
}

function firstOf(choices: readonly KeySchema[], text: string): unknown {
  // Any text is a string, so strings are tried last.
  const ordered = [...choices.filter((choice) => !isAnyText(choice)), ...choices.filter(isAnyText)]
  for (const choice of ordered) {
    const value = typedValue(choice, text)
    const isWord = choice.enum === undefined || choice.enum.includes(text)
    if (value !== undefined && isWord) return value
  }
  return undefined
}

const isAnyText = ({ type, enum: words, const: word }: KeySchema): boolean =>
  type === 'string' && words === undefined && word === undefined

/**
 * Converts the text of a list: elements stand between commas, and `none` is an empty list. The text of a list of
 * sections is parsed as YAML.
 *
 * @returns `undefined` for text that is no valid YAML.
 */
function listOf(items: KeySchema, text: string): unknown {
  if (text === 'none') return []
  if (items.type === 'object') return structureOf(text)
  return text.split(',').map((element) => valueOfText(items, element.trim()))
}

function structureOf(text: string): unknown {
  try {
    return parse(text, { maxAliasCount: 0, logLevel: 'silent' })
  } catch {
    return undefined
  }
}
