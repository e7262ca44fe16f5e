/**
 * Removes the comments from compiled code, a fifth of a packed library, indents it by tabs, a twentieth, and removes spaces
 * that separate nothing. Lines stay lines, so that a stack trace still leads to them. Declarations keep their docstrings,
 * because editors show those.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { root } from './workspace.mjs'

function shorten(path, change) {
  const text = readFileSync(path, 'utf8')
  const short = change(text)
  if (short !== text) writeFileSync(path, short)
}

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

const isWordAtEnd = /[\w$\u0080-\uffff]$/
const isWordAtStart = /^[\w$#\\\u0080-\uffff]/

/** Whether two neighbours in a line would become something else without a space between them. */
function mustStayApart(before, after) {
  if (isWordAtEnd.test(before) && isWordAtStart.test(after)) return true
  if (/[+\-/<]$/.test(before) && /^[+\-/!]/.test(after)) return true
  return /\d$/.test(before) && after.startsWith('.')
}

/** The text without the spaces inside a line that separate nothing. Line breaks and indentation stay. */
export function withoutSpaces(text) {
  const file = ts.createSourceFile('file.ts', text, ts.ScriptTarget.Latest, true)
  let squeezed = ''
  let position = 0
  const visit = (node) => {
    const children = node.getChildren(file)
    if (children.length > 0) {
      for (const child of children) visit(child)
      return
    }
    const [begin, end] = [node.getFullStart(), node.getStart(file)]
    if (begin === end || !/^ +$/.test(text.slice(begin, end))) return
    squeezed += text.slice(position, begin)
    if (mustStayApart(text.slice(begin - 1, begin), text.slice(end, end + 1))) squeezed += ' '
    position = end
  }
  visit(file)
  return squeezed + text.slice(position)
}

/** A line of a docstring that begins a list item, a row of a table, a tag or a fence, and so stays a line of its own. */
const beginsBlock = /^([-*|@>#]|\d+\.|```)/

/** The lines of a docstring's text, in which the lines of a paragraph are one. */
function joinedLines(lines) {
  const joined = []
  let isCode = false
  let isOpen = false
  for (const line of lines) {
    const isFence = line.startsWith('```')
    if (isOpen && !isCode && line !== '' && !beginsBlock.test(line))
      joined.push(`${joined.pop()} ${line.trim()}`)
    else joined.push(line)
    if (isFence) isCode = !isCode
    isOpen = !isFence && line !== '' && !line.startsWith('|')
  }
  return joined
}

/** The declarations with each paragraph of a docstring in one line, as no editor shows where its lines ended. */
export function withLongLines(declarations) {
  return declarations.replace(
    /^([ \t]*)\/\*\*\n((?:[ \t]*\*(?!\/).*\n)+)[ \t]*\*\/$/gm,
    (_, indent, body) => {
      const lines = body
        .trimEnd()
        .split('\n')
        .map((line) => line.replace(/^[ \t]*\* ?/, '').trimEnd())
      const joined = joinedLines(lines)
      if (joined.length === 1) return `${indent}/** ${joined[0]} */`
      return [
        `${indent}/**`,
        ...joined.map((line) => `${indent} *${line && ' '}${line}`),
        `${indent} */`,
      ].join('\n')
    },
  )
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
    if (path.endsWith('.d.ts')) shorten(path, withLongLines)
    else if (path.endsWith('.js')) {
      shorten(path, (text) => {
        const stripped = /\/[/*]/.test(text) ? withoutComments(text) : text
        return withoutSpaces(/^ {4}/m.test(stripped) ? indentedByTabs(stripped) : stripped)
      })
    }
  }
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  writeFileSync(join(dist, '.npmignore'), exports ? '' : '*.d.ts\n')
}
