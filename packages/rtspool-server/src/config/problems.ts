import { nearestName } from 'rtspool-conform/command-line'
import type { z } from 'zod'
import { expectedOf, hintFor, shown } from './expected.js'
import { type KeyPath, type KeySchema, keysOf, nameOf, schemaAt, valueAt } from './key-schema.js'

/** A mistake in the configuration: the position of the key, and a message for the user. */
export interface ConfigProblem {
  readonly path: KeyPath
  /** Place of the value in its source: `rtspool.yml:3:7` (line and column), `RTSPOOL_LOG_LEVEL` or `--log-level`. */
  readonly source: string
  /** End of the message, after the name of the key: `must be …, got …`. */
  readonly says: string
  /** Complete message for the user on one line: `source`, name of the key, and `says`. */
  readonly message: string
}

/**
 * Layer of a configuration: the values from one source, which is the file, the environment, or the
 * command line.
 */
export interface ConfigLayer {
  readonly kind: 'file' | 'environment' | 'flags'
  /** Tree of the values in their sections, like the configuration itself. */
  readonly tree: Readonly<Record<string, unknown>>
  /**
   * Returns the place of a key's value in this source, such as `rtspool.yml:3:7`, for messages. For a missing key,
   * returns the place of its section.
   */
  sourceOf(path: KeyPath): string
  /** Returns the place of a key's name in the source, if it differs from the place of the value. */
  sourceOfName?(path: KeyPath): string
  /**
   * Returns the text of a value as the user wrote it; `undefined` if the source does not contain
   * texts.
   */
  textOf?(path: KeyPath): string | undefined
}

/** Source of each value of a configuration, after all sources are merged. */
export interface KeySources {
  /**
   * Returns the place of a key's value: an option, a variable, or a place in the file. For a
   * default, returns the name of the key.
   */
  sourceOf(path: KeyPath): string
}

/**
 * Returns the place of a key's value for a message. For a default value, returns the command-line
 * option that can change it.
 */
export function sourceOrOption(sources: KeySources, path: KeyPath, option: string): string {
  const source = sources.sourceOf(path)
  return source === nameOf(path) ? option : source
}

/** Error for a configuration with mistakes. The message has one line for each mistake. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(({ message }) => message).join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/**
 * Creates the problem of a configuration key, with the place of its value in a source.
 *
 * @param says - End of the message: `must be …, got …`.
 */
export function problemAt(
  layer: Pick<ConfigLayer, 'kind' | 'sourceOf'>,
  path: KeyPath,
  says: string,
): ConfigProblem {
  return problemIn(layer.kind, layer.sourceOf(path), path, says)
}

/**
 * Creates a problem of a configuration key. If the place is in a file, adds the name of the key to the message. The
 * name of an option or variable contains the name of the key already.
 */
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

/** Converts mistakes that zod has found into problems. Each message is one sentence. */
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

/**
 * Creates the problem of an invalid name in a section whose keys are names that the user chooses.
 */
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
  const got = schema.isSecret ? 'other text' : text === undefined ? shown(value) : `'${text}'`
  const typeHint = layer.kind === 'file' ? hintFor(schema, value) : ''
  const hint = typeHint || nearestWord(schema, text ?? value)
  return problemAt(layer, path, `must be ${expected}, got ${got}${hint}`)
}

/**
 * Returns the description of the expected value, to follow `must be`, from a check that this project has written.
 * `undefined` for checks of zod, whose messages are not used.
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
