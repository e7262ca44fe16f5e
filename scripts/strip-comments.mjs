/** Removes the comments from compiled JavaScript: a fifth of a packed library. Declarations keep their docstrings. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
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
  const file = ts.createSourceFile('file.js', text, ts.ScriptTarget.Latest, true)
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

/** Removes the comments from all files of a folder; a file without comments stays as it is. */
export function stripComments(folder) {
  const names = readdirSync(join(root, folder), { recursive: true }).map(String)
  for (const name of names.filter((each) => each.endsWith('.js'))) {
    const path = join(root, folder, name)
    const text = readFileSync(path, 'utf8')
    if (!/\/[/*]/.test(text)) continue
    const stripped = withoutComments(text)
    if (stripped !== text) writeFileSync(path, stripped)
  }
}
