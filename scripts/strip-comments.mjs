/**
 * Removes the comments from what was compiled: a fifth of a packed library. Declarations keep their docstrings if an
 * entry of the package leads to them, because editors show those.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { root } from './workspace.mjs'

/** The comments before and behind each token of a file, in order, each once. */
function commentsOf(file) {
  const found = new Map()
  const add = (begin, end) => void found.set(begin, end)
  const visit = (node) => {
    const position = node.getFullStart()
    ts.forEachLeadingCommentRange(file.text, position, add)
    ts.forEachTrailingCommentRange(file.text, position, add)
    for (const child of node.getChildren(file)) visit(child)
  }
  visit(file)
  return [...found].sort(([one], [other]) => one - other)
}

/** The text without comments, and without the lines that held nothing else. */
export function withoutComments(text) {
  const file = ts.createSourceFile('file.ts', text, ts.ScriptTarget.Latest, true)
  let stripped = ''
  let position = 0
  for (const [begin, end] of commentsOf(file)) {
    const before = text.slice(position, begin)
    const indented = before.replace(/[ \t]+$/, '')
    const isWholeLine = /(^|\n)$/.test(stripped + indented) && /^[ \t]*\r?\n/.test(text.slice(end))
    stripped += isWholeLine ? indented : before
    position = isWholeLine ? text.indexOf('\n', end) + 1 : end
  }
  return stripped + text.slice(position)
}

/** The declarations that the entries of a package lead to. */
function publicDeclarations(packageFolder) {
  const { exports } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'))
  const found = new Set()
  const follow = (path) => {
    if (found.has(path)) return
    found.add(path)
    for (const { fileName } of ts.preProcessFile(readFileSync(path, 'utf8')).importedFiles) {
      if (fileName.startsWith('.')) follow(join(dirname(path), fileName.replace(/js$/, 'd.ts')))
    }
  }
  for (const { types } of Object.values(exports)) if (types) follow(join(packageFolder, types))
  return found
}

/** Removes the comments from all compiled files of a package; a file without comments stays as it is. */
export function stripComments(packageName) {
  const folder = join(root, packageName)
  const kept = publicDeclarations(folder)
  const paths = readdirSync(join(folder, 'dist'), { recursive: true })
    .map((name) => join(folder, 'dist', String(name)))
    .filter((path) => /\.(js|d\.ts)$/.test(path) && !kept.has(path))
  for (const path of paths) {
    const text = readFileSync(path, 'utf8')
    if (!/\/[/*]/.test(text)) continue
    const stripped = withoutComments(text)
    if (stripped !== text) writeFileSync(path, stripped)
  }
}
