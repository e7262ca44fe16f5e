import { isDeepStrictEqual } from 'node:util'
import { isAlias, isCollection, isMap, isScalar, type Node, visit } from 'yaml'
import { type ConfigFile, parseConfigFile, withoutNulls } from '../config-file.js'
import { valueAt, withValue } from '../key-schema.js'
import { ConfigError, problemAt } from '../problems.js'

/** New value of a key; `undefined` removes the key from the file, so that its default applies. */
export interface KeyChange {
  /** Names of the section and the key, such as `['limits', 'maxSessions']`. */
  readonly path: readonly string[]
  readonly value: unknown
}

/**
 * Changes keys in the text of a configuration file. Comments and the order of keys stay, and so do
 * the values of all other keys.
 *
 * @returns The file with the new text, parsed as YAML but not checked by the schema.
 * @throws {ConfigError} The new text is not valid YAML, or an alias (`*name`) connects a key with
 *   others.
 */
export function editConfig(file: ConfigFile, changes: readonly KeyChange[]): ConfigFile {
  const edited = tryEdit(file, changes)
  if (edited) return edited
  const { path } = changes.find((change) => !tryEdit(file, [change])) ?? changes[0] ?? { path: [] }
  const says =
    'cannot be changed alone: an alias such as *name connects it with other keys. Edit the file'
  throw new ConfigError([problemAt(file, path, says)])
}

/**
 * Changes keys in the text of a configuration file, and checks that all other keys keep their values.
 *
 * @returns `undefined` if the new text would have other values than the wanted ones, because
 * several keys share a value by an alias.
 */
function tryEdit(
  { name, text, tree }: ConfigFile,
  changes: readonly KeyChange[],
): ConfigFile | undefined {
  // A document of its own, because the change must not touch the one in use.
  const { document } = parseConfigFile(name, text)
  if (document.contents === null || !isMap(document.contents)) {
    const empty = document.createNode({})
    if (document.contents?.commentBefore) empty.commentBefore = document.contents.commentBefore
    document.contents = empty as unknown as typeof document.contents
  }
  for (const { path, value } of changes) {
    if (isBehindAlias(document, path)) return undefined
    if (value !== undefined) setIn(document, keysOf(document, path), value)
    else removeIn(document, path)
  }
  if (hasLostAnchor(document)) return undefined
  const edited = parseConfigFile(name, document.toString({ lineWidth: 0 }))
  const wanted = changes.reduce((values, { path, value }) => changed(values, path, value), tree)
  return isDeepStrictEqual(edited.tree, withoutNulls(wanted)) ? edited : undefined
}

/** Returns a copy of a configuration tree with another value of one key. */
const changed = (
  tree: Readonly<Record<string, unknown>>,
  path: readonly string[],
  value: unknown,
): Readonly<Record<string, unknown>> =>
  value === undefined && valueAt(tree, path) === undefined ? tree : withValue(tree, path, value)

/**
 * Returns whether a section around a key is a YAML alias (`*name`). The contents of such a section stand elsewhere in
 * the file.
 */
function isBehindAlias(document: ConfigFile['document'], path: readonly string[]): boolean {
  const keys = keysOf(document, path)
  return path.some((_, depth) => depth > 0 && isAlias(document.getIn(keys.slice(0, depth), true)))
}

/** Returns whether a YAML alias (`*name`) refers to a value that has been removed or replaced. */
function hasLostAnchor(document: ConfigFile['document']): boolean {
  let isLost = false
  visit(document, {
    Alias: (_, alias) => {
      isLost ||= alias.resolve(document) === undefined
    },
  })
  return isLost
}

/** Removes a key, as often as the file contains it: `123:` as a number, and `"123":` as a text. */
function removeIn(document: ConfigFile['document'], path: readonly string[]): void {
  let keys = keysOf(document, path)
  while (document.hasIn(keys)) {
    document.deleteIn(keys)
    keys = keysOf(document, path)
  }
}

/**
 * Returns the keys as the YAML document contains them, for the names of a path. The key `123:` is a number there, which
 * the YAML library does not find by its name. If several keys have the same name, the last one is returned.
 */
function keysOf(document: ConfigFile['document'], path: readonly string[]): readonly unknown[] {
  let node: unknown = document.contents
  return path.map((name) => {
    const pair = isMap(node)
      ? node.items.findLast(({ key }) => isScalar(key) && String(key.value) === name)
      : undefined
    node = pair?.value
    return isScalar(pair?.key) ? pair.key.value : name
  })
}

function setIn(document: ConfigFile['document'], path: readonly unknown[], value: unknown): void {
  for (let depth = 1; depth < path.length; depth++) openSection(document, path.slice(0, depth))
  const before = document.getIn(path, true)
  const isPlain = typeof value !== 'object' || value === null
  // The same node keeps its comments.
  if (isScalar(before) && isPlain) before.value = value
  else document.setIn(path, commented(document.createNode(value), before))
}

/** Copies the comments of a YAML alias to the new value that replaces the alias. Returns the new value. */
function commented<Value extends Node>(value: Value, before: unknown): Value {
  if (isAlias(before))
    Object.assign(value, { commentBefore: before.commentBefore, comment: before.comment })
  return value
}

/** Replaces the empty value of a section (`limits:` and nothing more) by an empty map, to which a key can be added. */
function openSection(document: ConfigFile['document'], path: readonly unknown[]): void {
  const node = document.getIn(path, true)
  if (isCollection(node) || node === undefined) return
  const section = document.createNode({})
  if (isScalar(node)) {
    section.commentBefore = node.commentBefore ?? null
    section.comment = node.comment ?? null
  }
  document.setIn(path, section)
}
