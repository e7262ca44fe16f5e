import { nearestName } from 'rtspool-conform/command-line'
import {
  type KeyEntry,
  type KeyPath,
  type KeySchema,
  keysOf,
  nameOf,
  variablePrefix,
  withValue,
} from './key-schema.js'
import type { ConfigLayer } from './problems.js'
import { valueOfText } from './text-value.js'

/** Environment variables of a process, by name. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Environment variables that begin with `RTSPOOL_` but set no configuration key, because the command reads them itself.
 */
const otherVariables: ReadonlySet<string> = new Set([
  ...['RTSPOOL_CONFIG', 'RTSPOOL_USERS', 'RTSPOOL_WEBHOOK_SECRET'],
  'RTSPOOL_AUTH_HOOK_SECRET',
  // A parent process gives it to its children.
  'RTSPOOL_CHILD',
])

/**
 * Copies the environment variables of the process, and removes those that begin with `RTSPOOL_` from the process. Some
 * are secrets, and Node's crash reports and child processes would contain them.
 */
export function takeEnvironment(variables: Record<string, string | undefined>): Environment {
  const copy = { ...variables }
  for (const name of Object.keys(copy)) if (name.startsWith(variablePrefix)) delete variables[name]
  return Object.freeze(copy)
}

/** Values that environment variables set, and warnings about variables that set nothing. */
export interface EnvironmentLayer extends ConfigLayer {
  readonly warnings: readonly string[]
}

/**
 * Reads the values of configuration keys from environment variables. A variable with an empty text counts as missing.
 *
 * @param root - Schema of the configuration, which gives the name of the variable of each key.
 */
export function environmentLayer(root: KeySchema, environment: Environment): EnvironmentLayer {
  const keys = new Map(keysOf(root).map((entry) => [entry.variable, entry]))
  const given = Object.entries(environment).filter(
    ([name, text]) => name.startsWith(variablePrefix) && text !== undefined && text !== '',
  ) as [string, string][]
  const known = given.flatMap(([name, text]) => {
    const entry = keys.get(name)
    return entry ? [{ entry, text, source: name }] : []
  })
  return {
    ...textLayer('environment', known),
    warnings: given
      .filter(([name]) => !keys.has(name) && !otherVariables.has(name))
      .flatMap(([name]) => unknownVariable(name, root, [...keys.keys()])),
  }
}

/**
 * Returns a warning about a variable that looks like a misspelt key; empty for other variables,
 * because other programs may share the prefix. The warning leaves out the value, which may be a
 * secret.
 */
function unknownVariable(name: string, root: KeySchema, known: readonly string[]): string[] {
  const plain = (variable: string): string => variable.slice(variablePrefix.length)
  const nearest = nearestName(plain(name), known.map(plain))
  const sections = Object.keys(root.properties ?? {}).map((section) => `${section.toUpperCase()}_`)
  const isInSection = sections.some((section) => plain(name).startsWith(section))
  if (nearest === undefined && !isInSection) return []
  const hint = nearest === undefined ? '' : `; did you mean ${variablePrefix}${nearest}?`
  return [`the variable ${name} sets nothing${hint}`]
}

/**
 * A configuration key, and the text that an option or an environment variable gives as its value.
 */
export interface KeyText {
  readonly entry: KeyEntry
  readonly text: string
  /** Name of the option or environment variable that gives the value, for messages. */
  readonly source: string
  /** Value that is used in place of the text, for options without an argument. */
  readonly value?: unknown
}

/**
 * Builds a layer of the configuration from values that are given as texts, by environment variables or options. Texts
 * are converted to the types of their keys.
 */
export function textLayer(kind: ConfigLayer['kind'], given: readonly KeyText[]): ConfigLayer {
  let tree: Readonly<Record<string, unknown>> = {}
  const texts = new Map<string, KeyText>()
  for (const each of given) {
    const { entry, text, value } = each
    tree = withValue(tree, entry.path, value ?? valueOfText(entry.schema, text))
    texts.set(entry.name, each)
  }
  const entryOf = (path: KeyPath): KeyText | undefined => {
    const end = path.findIndex((part) => typeof part === 'number')
    const names = end < 0 ? path : path.slice(0, end)
    for (let depth = names.length; depth > 0; depth--) {
      const found = texts.get(nameOf(names.slice(0, depth)))
      if (found) return found
    }
    return undefined
  }
  return {
    kind,
    tree,
    sourceOf: (path) => entryOf(path)?.source ?? nameOf(path),
    textOf: (path) => {
      const found = entryOf(path)
      // The text of a whole list is not that of one of its elements.
      return found?.entry.path.length === path.length && found.value === undefined
        ? found.text
        : undefined
    },
  }
}
