/**
 * Removes the comments from what was compiled, a fifth of a packed library, and indents code by tabs, a twentieth.
 * Declarations keep their docstrings if an entry of the package exports them, or a declaration that names them, because
 * editors show those. Files that no entry leads to stay out of the package: only this repository's compiler reads them.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import ts from 'typescript'
import { hiddenStatements } from './public-declarations.mjs'
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

/** The text without the comments of some of its statements. */
export function withoutCommentsIn(text, statements) {
  let stripped = ''
  let position = 0
  for (const { pos, end } of statements) {
    stripped += text.slice(position, pos) + withoutComments(text.slice(pos, end))
    position = end
  }
  return stripped + text.slice(position)
}

/** Removes from the compiled files of a package what its users do not need. */
export function stripComments(packageName) {
  const folder = join(root, packageName)
  const hidden = hiddenStatements(folder)
  const dist = join(folder, 'dist')
  const paths = readdirSync(dist, { recursive: true })
    .map((name) => join(dist, String(name)))
    .filter((path) => /\.(js|d\.ts)$/.test(path))
  for (const path of paths) {
    const text = readFileSync(path, 'utf8')
    const statements = hidden.get(path)
    const hasComments = /\/[/*]/.test(text)
    const strip = (given) =>
      statements ? withoutCommentsIn(given, statements) : withoutComments(given)
    const stripped = hasComments ? strip(text) : text
    const hasSpaces = path.endsWith('.js') && /^ {4}/m.test(stripped)
    const indented = hasSpaces ? indentedByTabs(stripped) : stripped
    if (indented !== text) writeFileSync(path, indented)
  }
  const unused = paths.filter((path) => path.endsWith('.d.ts') && !hidden.has(path))
  const names = unused.map((path) => relative(dist, path).split(sep).join('/'))
  writeFileSync(join(dist, '.npmignore'), names.map((name) => `/${name}\n`).join(''))
}
