import type { KeyMeta } from './key-meta.js'

/** A key, or a section of keys, in JSON Schema with the facts of {@link KeyMeta}. */
export interface KeySchema extends Partial<KeyMeta> {
  readonly type?: string
  readonly properties?: Readonly<Record<string, KeySchema>>
  /** Values of a section whose keys the user chooses. */
  readonly additionalProperties?: KeySchema | boolean
  readonly items?: KeySchema
  readonly anyOf?: readonly KeySchema[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly default?: unknown
}

/** Names of the sections and the key, from the root. */
export type KeyPath = readonly PropertyKey[]

/** A key of the configuration with its place. */
export interface KeyEntry {
  readonly path: readonly string[]
  /** Path in words: `limits.maxSessions`. */
  readonly name: string
  /** Variable of the environment that sets the key: `RTSPOOL_LIMITS_MAX_SESSIONS`. */
  readonly variable: string
  readonly schema: KeySchema
}

/** Prefix of the variables of the environment. */
export const variablePrefix = 'RTSPOOL_'

const variableOf = (path: readonly string[]): string =>
  variablePrefix +
  path.map((name) => name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toUpperCase()).join('_')

/** True for an object with members that have names, such as a section. */
export const isSection = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Names a key: `limits.maxSessions`, `auth.rules[0].path`. */
export const nameOf = (path: KeyPath): string =>
  path.reduce<string>((name, part) => {
    if (typeof part === 'number') return `${name}[${part}]`
    return name === '' ? String(part) : `${name}.${String(part)}`
  }, '')

/** Lists all keys that a section holds, in the order of the schema. */
export function keysOf(section: KeySchema, path: readonly string[] = []): KeyEntry[] {
  return Object.entries(section.properties ?? {}).flatMap(([name, schema]) => {
    const below = [...path, name]
    if (schema.properties) return keysOf(schema, below)
    return [{ path: below, name: nameOf(below), variable: variableOf(below), schema }]
  })
}

/**
 * Finds the schema at a path, as far as the path leads into it.
 *
 * @returns The schema, and the number of path elements that lead to it.
 */
export function schemaAt(root: KeySchema, path: KeyPath): { schema: KeySchema; depth: number } {
  let schema = root
  for (const [depth, part] of path.entries()) {
    const next = stepInto(schema, part)
    if (next === undefined) return { schema, depth }
    schema = next
  }
  return { schema, depth: path.length }
}

function stepInto(schema: KeySchema, part: PropertyKey): KeySchema | undefined {
  const { properties, additionalProperties, items } = schema
  if (typeof part === 'number') return items
  const name = String(part)
  if (properties && Object.hasOwn(properties, name)) return properties[name]
  return typeof additionalProperties === 'object' ? additionalProperties : undefined
}

/** Returns the value at a path; `undefined` if there is none. */
export function valueAt(tree: unknown, path: KeyPath): unknown {
  let value = tree
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = (value as Readonly<Record<PropertyKey, unknown>>)[part]
  }
  return value
}

/** Returns a tree that has one value at a path, in addition to those of another tree. */
export function withValue(
  tree: Readonly<Record<string, unknown>>,
  [name, ...rest]: readonly string[],
  value: unknown,
): Record<string, unknown> {
  if (name === undefined) return { ...tree }
  const before = Object.hasOwn(tree, name) ? tree[name] : undefined
  const below = rest.length === 0 ? value : withValue(isSection(before) ? before : {}, rest, value)
  return { ...tree, [name]: below }
}
