/**
 * Shortens compiled code: without comments, without indentation and other spaces that separate nothing, and with an
 * expression or a block of one statement in one line where it is short. Names stay, and statements have lines of their own, so that
 * a stack trace leads to them. Declarations keep their docstrings, because editors show those.
 */
import ts from 'typescript'

/** Longest text, in characters as compiled, of an expression that becomes one line. */
const maxExpression = 300
/** The same of a block with one statement. */
const maxBlock = 120

const isWordAtEnd = /[\w$\u0080-\uffff]$/
const isWordAtStart = /^[\w$#\\\u0080-\uffff]/

/** Whether two neighbours in a line would become something else without a space between them. */
function mustStayApart(before, after) {
  if (isWordAtEnd.test(before) && isWordAtStart.test(after)) return true
  if (/[+\-/<]$/.test(before) && /^[+\-/!]/.test(after)) return true
  return /\d$/.test(before) && after.startsWith('.')
}

/** Whether what stands in a node itself, and not in a part of it, has lines of its own. */
const hasLines = (node) =>
  ts.isStatement(node) ||
  ts.isBlock(node) ||
  ts.isSourceFile(node) ||
  ts.isClassLike(node) ||
  ts.isCaseBlock(node) ||
  ts.isCaseOrDefaultClause(node)

/** Statements in which no other statement stands. */
const isSimple = (statement) =>
  ts.isReturnStatement(statement) ||
  ts.isExpressionStatement(statement) ||
  ts.isBreakOrContinueStatement(statement) ||
  ts.isThrowStatement(statement)

/** Whether the line breaks of a node itself, and not of a part of it, are dropped. */
function isOneLine(node, file) {
  const length = node.end - node.getStart(file)
  if (!hasLines(node)) return length <= maxExpression
  if (!ts.isBlock(node) || length > maxBlock) return false
  return node.statements.length <= 1 && node.statements.every(isSimple)
}

const comment = /\/\*.*?\*\/|\/\/[^\n]*/gs

/** What is left of the spaces, line breaks and comments between two tokens. */
function shortened(between, isJoined, before, after) {
  const rest = between.replace(comment, '')
  if (!isJoined && /\n/.test(rest)) return '\n'
  return between !== '' && before !== '' && mustStayApart(before, after) ? ' ' : ''
}

/** The text of JavaScript as the head of this file says. */
export function shortCode(text) {
  const file = ts.createSourceFile('file.js', text, ts.ScriptTarget.Latest, true)
  let short = ''
  let position = 0
  let isJoined = false
  const addToken = (token) => {
    const begin = token.getStart(file)
    const after = text.slice(begin, begin + 1)
    const isFirst = position === 0
    const between = text.slice(position, begin)
    const shebang = isFirst ? (/^#!.*/.exec(between)?.[0] ?? '') : ''
    const gap = shortened(between.slice(shebang.length), isJoined, short.slice(-1), after)
    short += `${shebang}${isFirst && shebang === '' ? '' : gap}${text.slice(begin, token.end)}`
    position = token.end
  }
  const visit = (node, isWhole) => {
    const children = node.getChildren(file).filter((child) => !ts.isJSDoc(child))
    if (children.length === 0) {
      if (node.kind !== ts.SyntaxKind.SyntaxList) addToken(node)
      return
    }
    const joins = node.kind === ts.SyntaxKind.SyntaxList ? isWhole : isOneLine(node, file)
    for (const child of children) {
      visit(child, joins)
      isJoined = joins
    }
  }
  visit(file, false)
  return short
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

/**
 * The declarations with each paragraph of a docstring in one line, as no editor shows where its lines ended, and indented
 * by tabs.
 */
export function withLongLines(declarations) {
  return joinedDocstrings(declarations).replace(/^(?: {4})+/gm, (spaces) =>
    '\t'.repeat(spaces.length / 4),
  )
}

function joinedDocstrings(declarations) {
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
