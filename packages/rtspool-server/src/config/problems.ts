import { nearestName } from 'rtspool-conform/command-line'
import type { z } from 'zod'
import { expectedOf, hintFor, shown } from './expected.js'
import { type KeyPath, type KeySchema, keysOf, nameOf, schemaAt, valueAt } from './key-schema.js'

/** A mistake in the configuration. */
export interface ConfigProblem {
  readonly path: KeyPath
  /** Source of the value: `rtspool.yml:3:7`, `RTSPOOL_LOG_LEVEL` or `--log-level`. */
  readonly source: string
  /** The rest of the sentence after the key: `must be …, got …`. */
  readonly says: string
  /** The whole message on one line, with its source. */
  readonly message: string
}

/** Source of values: a file, the environment, or the command line. */
export interface ConfigLayer {
  readonly kind: 'file' | 'environment' | 'flags'
  /** Values that the source gives, by section and key. */
  readonly tree: Readonly<Record<string, unknown>>
  /** Names the place of a key in the source. A key that is missing has the place of its section. */
  sourceOf(path: KeyPath): string
  /** Names the place of a key that the schema does not know, if it is another one. */
  sourceOfName?(path: KeyPath): string
  /** Text of a value as the user wrote it, where that was text. */
  textOf?(path: KeyPath): string | undefined
}

/** Names of the sources of values, once all layers are merged. */
export interface KeySources {
  /** Names the source of a key: an option, a variable, a place in the file, or the key itself. */
  sourceOf(path: KeyPath): string
}

/** Names the source of a value; for a default, names the option that changes the value. */
export function sourceOrOption(sources: KeySources, path: KeyPath, option: string): string {
  const source = sources.sourceOf(path)
  return source === nameOf(path) ? option : source
}

/** Error for a configuration that cannot be used. The message has a line for each problem. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(({ message }) => message).join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/** Makes a problem of a value. */
export function problemAt(
  layer: Pick<ConfigLayer, 'kind' | 'sourceOf'>,
  path: KeyPath,
  says: string,
): ConfigProblem {
  return problemIn(layer.kind, layer.sourceOf(path), path, says)
}

/** A flag or a variable names the key already; a place in a file does not. */
function problemIn(
  kind: ConfigLayer['kind'],
  source: string,
  path: KeyPath,
  says: string,
): ConfigProblem {
  const key = nameOf(path)
  const subject = kind === 'file' && key !== '' ? `${source}: ${key}` : source
  return { path, source, says, message: `${subject} ${says}` }
}

type Issue = z.core.$ZodIssue

/** Describes the issues of zod in one sentence each. */
export function problemsOf(
  issues: readonly Issue[],
  layer: ConfigLayer,
  root: KeySchema,
): ConfigProblem[] {
  return issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((name) => unknownKey(layer, root, [...issue.path, name]))
    }
    return [issue.code === 'invalid_key' ? wrongName(issue, layer) : wrongValue(issue, layer, root)]
  })
}

/** Reports a wrong name in a section whose keys the user chooses. */
function wrongName(issue: Issue & { code: 'invalid_key' }, layer: ConfigLayer): ConfigProblem {
  const { path, issues } = issue
  const source = (layer.sourceOfName ?? layer.sourceOf).call(layer, path)
  const expected = issues[0]?.message ?? 'another name'
  const says = `must be ${expected}, got ${shown(path.at(-1))}`
  return problemIn(layer.kind, source, path, says)
}

function wrongValue(issue: Issue, layer: ConfigLayer, root: KeySchema): ConfigProblem {
  const { schema, depth } = schemaAt(root, issue.path)
  const path = issue.path.slice(0, depth)
  const value = valueAt(layer.tree, path)
  const expected = ownMessage(issue) ?? expectedOf(schema)
  const text = layer.textOf?.(path)
  const got = text === undefined ? shown(value) : `'${text}'`
  const typeHint = layer.kind === 'file' ? hintFor(schema, value) : ''
  const hint = typeHint || nearestWord(schema, text ?? value)
  return problemAt(layer, path, `must be ${expected}, got ${got}${hint}`)
}

/**
 * Returns the message of a refinement of this project, which describes the expected value. The messages of
 * zod are not used.
 */
function ownMessage(issue: Issue): string | undefined {
  if (issue.code === 'custom') return issue.message
  if (issue.code !== 'invalid_union') return undefined
  const own = issue.errors.find(([first]) => first?.code === 'custom' && first.path.length === 0)
  return own?.[0]?.message
}

function nearestWord({ enum: words, anyOf }: KeySchema, value: unknown): string {
  const inner = (anyOf ?? []).flatMap((each) => [...(each.enum ?? []), each.const])
  const known = [...(words ?? []), ...inner].filter((word) => typeof word === 'string')
  if (typeof value !== 'string') return ''
  const nearest = nearestName(value, known)
  return nearest === undefined ? '' : `; did you mean ${nearest}?`
}

function unknownKey(layer: ConfigLayer, root: KeySchema, path: KeyPath): ConfigProblem {
  const source = (layer.sourceOfName ?? layer.sourceOf).call(layer, path)
  return problemIn(layer.kind, source, path, `is unknown${suggestionFor(root, path)}`)
}

function suggestionFor(root: KeySchema, path: KeyPath): string {
  const { schema } = schemaAt(root, path.slice(0, -1))
  const name = String(path.at(-1))
  const siblings = Object.keys(schema.properties ?? {})
  if (name === '<<') return '; merge keys are not part of YAML 1.2'
  const keys = keysOf(root)
  const same = keys.find((entry) => entry.path.at(-1) === name)
  if (same) return `; did you mean ${same.name}?`
  const nearest = nearestName(name, siblings)
  if (nearest !== undefined) return `; did you mean ${nearest}?`
  const elsewhere = nearestName(
    name,
    keys.map((entry) => entry.path.at(-1) ?? ''),
  )
  const moved = keys.find((entry) => entry.path.at(-1) === elsewhere)
  if (moved) return `; did you mean ${moved.name}?`
  return siblings.length === 0 ? '' : `; there are ${siblings.join(', ')}`
}
