import { readFileSync, statSync } from 'node:fs'
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml'
import { isSection, type KeyPath } from './key-schema.js'
import { ConfigError, type ConfigLayer, type ConfigProblem } from './problems.js'

/** Maximum size of a configuration file in bytes; a larger one is refused. */
const maxBytes = 1024 * 1024
/**
 * Maximum number of YAML aliases (`*name`); a file with more is refused, because a few aliases can
 * expand to much text.
 */
const maxAliases = 100

/** Names of the configuration files that the command looks for if none is given. */
export const defaultFiles = ['rtspool.yml', '/etc/rtspool/rtspool.yml'] as const

/** A configuration file, parsed as YAML. The schema has not checked it yet. */
export interface ConfigFile extends ConfigLayer {
  /** Name of the configuration file, as the user wrote it. */
  readonly name: string
  readonly text: string
  readonly document: Document.Parsed
}

/**
 * Reads a configuration file.
 *
 * @throws {ConfigError} Names each place where the file is not valid YAML, or why it cannot be
 *   read.
 */
export const readConfigFile = (name: string): ConfigFile => parseConfigFile(name, textOfFile(name))

function textOfFile(name: string): string {
  try {
    const { size } = statSync(name)
    if (size > maxBytes) throw new Error(`expected at most ${maxBytes} bytes, got ${size}`)
    return readFileSync(name, 'utf8')
  } catch (error) {
    throw unreadable(name, error)
  }
}

function unreadable(name: string, error: unknown): ConfigError {
  const reason = error instanceof Error ? error.message : String(error)
  return new ConfigError([fileProblem(name, `cannot be read: ${reason}`)])
}

const fileProblem = (source: string, says: string): ConfigProblem => ({
  path: [],
  source,
  says,
  message: `${source} ${says}`,
})

/**
 * Parses the text of a configuration file.
 *
 * @throws {ConfigError} Names each place where the text is not valid YAML.
 */
export function parseConfigFile(name: string, text: string): ConfigFile {
  const lines = new LineCounter()
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `${name}:${line}:${col}`
  }
  const document = documentOf(name, text, lines)
  const problems = firstOfEachPlace([...document.errors, ...document.warnings]).map(
    ({ pos, code, message }) =>
      fileProblem(place(pos[0]), `is no YAML: ${syntaxTexts[code] ?? plainMessage(message)}`),
  )
  problems.push(...oddNodes(document).map(([offset, says]) => fileProblem(place(offset), says)))
  if (problems.length > 0) throw new ConfigError(problems)
  const tree = treeOf(name, document, place)
  return {
    ...{ kind: 'file', name, text, document, tree },
    sourceOf: (path) => place(offsetOf(document, path)),
    sourceOfName: (path) => place(offsetOf(document, path, true)),
  }
}

function documentOf(name: string, text: string, lineCounter: LineCounter): Document.Parsed {
  try {
    return parseDocument(text, {
      version: '1.2',
      lineCounter,
      prettyErrors: false,
      logLevel: 'error',
    })
  } catch (error) {
    // The parser calls itself for each level, and overflows the stack in a file that is too deep.
    if (error instanceof RangeError) throw new ConfigError([fileProblem(name, 'is too deep')])
    throw error
  }
}

/** Returns the first YAML error at each place of the file. Further errors at the same place usually result from it. */
function firstOfEachPlace(errors: readonly YAMLError[]): readonly YAMLError[] {
  const places = new Set<number>()
  return errors.filter(({ pos: [offset] }) => {
    const isFirst = !places.has(offset)
    places.add(offset)
    return isFirst
  })
}

/** Replacements for messages of the YAML parser, by its error code. Other messages stay. */
const syntaxTexts: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'a tab cannot indent, use spaces',
  DUPLICATE_KEY: 'the key stands here a second time',
  MULTIPLE_DOCS: 'a second document begins here, only one is read',
  TAG_RESOLVE_FAILED: 'tags such as !name have no meaning here',
}

const plainMessage = (message: string): string => message.replace(/\s+/g, ' ').slice(0, 200)

/**
 * Finds valid YAML that a configuration file must not contain: numbers that begin with 0, the name `__proto__`, and too
 * many aliases.
 *
 * @returns For each of them, its offset in the text in characters, and the end of an error message.
 */
function oddNodes(document: Document.Parsed): [offset: number, says: string][] {
  const odd: [number, string][] = []
  let aliases = 0
  visit(document, (_, node) => {
    if (isPair(node) && isScalar(node.key) && node.key.value === '__proto__') {
      odd.push([node.key.range?.[0] ?? 0, 'the name __proto__ cannot be used'])
    }
    if (!isNode(node)) return
    const offset = node.range?.[0] ?? 0
    if (isAlias(node) && ++aliases === maxAliases + 1) {
      odd.push([offset, `has more than ${maxAliases} aliases such as *${node.source}`])
    }
    const source = isScalar(node) && typeof node.value === 'number' ? (node.source ?? '') : ''
    if (/^[+-]?0\d/.test(source)) {
      odd.push([
        offset,
        `a number cannot begin with 0, got ${source}: write 0o… for octal, or quotes`,
      ])
    }
  })
  return odd
}

function treeOf(
  name: string,
  document: Document.Parsed,
  place: (offset: number) => string,
): Readonly<Record<string, unknown>> {
  if (document.contents === null) return {}
  let tree: unknown
  try {
    tree = withoutNulls(document.toJS({ maxAliasCount: maxAliases }))
  } catch (error) {
    const reason = error instanceof Error ? plainMessage(error.message) : String(error)
    throw new ConfigError([fileProblem(name, `cannot be used: ${reason}`)])
  }
  if (tree === undefined) return {}
  if (isSection(tree)) return tree
  const source = place(document.contents.range[0])
  throw new ConfigError([fileProblem(source, 'must have keys such as limits:, got none')])
}

/**
 * Returns a configuration tree without its empty keys: those without a value, and sections whose keys are all commented
 * out.
 */
export function withoutNulls(value: unknown): unknown {
  if (value === null) return undefined
  if (Array.isArray(value)) return value.map((element) => withoutNulls(element) ?? null)
  if (!isSection(value)) return value
  const entries = Object.entries(value).map(([name, inner]) => [name, withoutNulls(inner)] as const)
  // A name such as __proto__ must stay a name, so that it is refused as unknown.
  return Object.fromEntries(entries.filter(([, inner]) => inner !== undefined))
}

/**
 * Returns the offset in the file, in characters, of the value of a configuration key. Without a value, returns the
 * offset of the nearest section around the key.
 *
 * @param path - Names of the sections and the key.
 * @param isKey - Returns the offset of the key's name in place of its value.
 */
function offsetOf(document: Document.Parsed, path: KeyPath, isKey = false): number {
  let node: Node | null = document.contents
  let offset = node?.range?.[0] ?? 0
  for (const [depth, part] of path.entries()) {
    const isLast = depth === path.length - 1
    const pair: Pair | undefined = isMap(node)
      ? node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(part))
      : undefined
    const value: unknown = pair ? pair.value : elementOf(node, part)
    const place = isKey && isLast && pair ? pair.key : value
    if (!isNode(place) || !place.range) return offset
    offset = place.range[0]
    node = isNode(value) ? resolved(value, document) : null
  }
  return offset
}

const elementOf = (node: Node | null, part: PropertyKey): unknown =>
  node !== null && 'items' in node ? (node.items as unknown[])[Number(part)] : undefined

const resolved = (node: Node, document: Document.Parsed): Node | null =>
  isAlias(node) ? (node.resolve(document) ?? null) : node
