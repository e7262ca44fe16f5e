/**
 * Removes the comments from compiled code, a fifth of a packed library, and indents it by tabs, a twentieth. Declarations
 * keep their docstrings, because editors show those.
 */
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

/** The text with a tab in place of four spaces at the beginning of a line, outside of tokens such as templates. */
export function indentedByTabs(text) {
  const file = ts.createSourceFile('file.ts', text, ts.ScriptTarget.Latest, true)
  let indented = ''
  let position = 0
  const visit = (node) => {
    if (ts.isJSDoc(node)) return
    const children = node.getChildren(file)
    if (children.length > 0) {
      for (const child of children) visit(child)
      return
    }
    const [begin, end] = [node.getFullStart(), node.getStart(file)]
    const between = text.slice(begin, end)
    indented += text.slice(position, begin)
    indented += between.replace(/^(?: {4})+/gm, (spaces, at) =>
      begin + at > 0 && text[begin + at - 1] !== '\n' ? spaces : '\t'.repeat(spaces.length / 4),
    )
    position = end
  }
  visit(file)
  return indented + text.slice(position)
}

/**
 * Removes from the compiled code of a package what its users do not need. A package without exports is not compiled
 * against, so that it needs no declarations.
 */
export function stripComments(packageName) {
  const folder = join(root, packageName)
  const dist = join(folder, 'dist')
  for (const name of readdirSync(dist, { recursive: true })) {
    const path = join(dist, String(name))
    if (!path.endsWith('.js')) continue
    const text = readFileSync(path, 'utf8')
    const stripped = /\/[/*]/.test(text) ? withoutComments(text) : text
    const indented = /^ {4}/m.test(stripped) ? indentedByTabs(stripped) : stripped
    if (indented !== text) writeFileSync(path, indented)
  }
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  writeFileSync(join(dist, '.npmignore'), exports ? '' : '*.d.ts\n')
}
