import type { KeyMeta } from './key-meta.js'

/** JSON Schema of a key or of a section of keys, with the members of {@link KeyMeta}. */
export interface KeySchema extends Partial<KeyMeta> {
  readonly type?: string
  readonly properties?: Readonly<Record<string, KeySchema>>
  /**
   * Schema of each value in a section whose keys are names that the user chooses, such as `paths`. `false` = no such
   * keys.
   */
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

/**
 * Position of a key in the configuration: names of the sections around the key, list indices, and the key's own name.
 */
export type KeyPath = readonly PropertyKey[]

/** A configuration key, with its names and its schema. */
export interface KeyEntry {
  readonly path: readonly string[]
  /** Name of the key with its sections: `limits.maxSessions`. */
  readonly name: string
  /** Name of the environment variable that sets the key: `RTSPOOL_LIMITS_MAX_SESSIONS`. */
  readonly variable: string
  readonly schema: KeySchema
}

/** Prefix of the environment variables that set configuration keys. */
export const variablePrefix = 'RTSPOOL_'

const variableOf = (path: readonly string[]): string =>
  variablePrefix +
  path.map((name) => name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toUpperCase()).join('_')

/** Returns whether a value is an object with named members, as sections of the configuration are. */
export const isSection = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Formats the position of a key as its name: `limits.maxSessions`, `auth.rules[0].path`. */
export const nameOf = (path: KeyPath): string =>
  path.reduce<string>((name, part) => {
    if (typeof part === 'number') return `${name}[${part}]`
    return name === '' ? String(part) : `${name}.${String(part)}`
  }, '')

/** Returns all keys in a section and in its inner sections, in the order of the schema. */
export function keysOf(section: KeySchema, path: readonly string[] = []): KeyEntry[] {
  return Object.entries(section.properties ?? {}).flatMap(([name, schema]) => {
    const below = [...path, name]
    if (schema.properties) return keysOf(schema, below)
    return [{ path: below, name: nameOf(below), variable: variableOf(below), schema }]
  })
}

/**
 * Returns the schema at a position of the configuration. If a part of the position is unknown, returns the schema of
 * the nearest section around it.
 *
 * @returns The schema, and the number of leading parts of the position that are known.
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

/** Returns the value at a position in a configuration tree; `undefined` if there is none. */
export function valueAt(tree: unknown, path: KeyPath): unknown {
  let value = tree
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = (value as Readonly<Record<PropertyKey, unknown>>)[part]
  }
  return value
}

/** Returns a copy of a configuration tree in which one value is added or replaced. The given tree stays unchanged. */
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
