import { isCollection, isMap, isScalar } from 'yaml'
import { type ConfigFile, parseConfigFile } from '../config-file.js'

/** New value of a key; `undefined` removes the key from the file, so that its default applies. */
export interface KeyChange {
  /** Names of the section and the key, such as `['limits', 'maxSessions']`. */
  readonly path: readonly string[]
  readonly value: unknown
}

/**
 * Changes keys in the text of a configuration file. Comments and the order of keys stay.
 *
 * @returns The file with the new text, parsed as YAML but not checked by the schema.
 * @throws {ConfigError} The new text is not valid YAML.
 */
export function editConfig({ name, text }: ConfigFile, changes: readonly KeyChange[]): ConfigFile {
  // A document of its own, because the change must not touch the one in use.
  const { document } = parseConfigFile(name, text)
  if (document.contents === null || !isMap(document.contents)) {
    const empty = document.createNode({})
    if (document.contents?.commentBefore) empty.commentBefore = document.contents.commentBefore
    document.contents = empty as unknown as typeof document.contents
  }
  for (const { path, value } of changes) {
    if (value !== undefined) setIn(document, keysOf(document, path), value)
    else removeIn(document, path)
  }
  return parseConfigFile(name, document.toString({ lineWidth: 0 }))
}

/** Removes the key as often as the file has it: as a number, and in quotes. */
function removeIn(document: ConfigFile['document'], path: readonly string[]): void {
  let keys = keysOf(document, path)
  while (document.hasIn(keys)) {
    document.deleteIn(keys)
    keys = keysOf(document, path)
  }
}

/**
 * Returns the keys of the file with the names of a path: `123:` is a number, which the YAML library does not find by
 * its name. The last of several keys with one name counts.
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
  else document.setIn(path, document.createNode(value))
}

/** Makes a section whose value is empty in the file an empty map, to which a key can be added. */
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
