/** Reads pages of Markdown for the checks of the documentation: sentences, headings, links, names of files, snippets. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { root } from './workspace.mjs'

/** Every page that the checks read, as paths from the root. */
export function documentPages() {
  const inDocs = readdirSync(join(root, 'docs'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
  return ['README.md', ...inDocs.sort()]
}

/** Tables that scripts make out of test names: no prose, and so many rows that their share would hide the rest. */
export const isListOfTests = (page) =>
  /^docs\/evidence\/(conformance|threats|faults|faults-before)\.md$/.test(page)

export const readPage = (page) => readFileSync(join(root, page), 'utf8')

const fence = /^```(\w*)[^\n]*\n(.*?)^```$/gms

/** The fenced blocks of a page: language, text, and the number of the first line of the text. */
export function snippetsOf(text) {
  return [...text.matchAll(fence)].map((match) => ({
    language: match[1],
    code: match[2],
    line: text.slice(0, match.index).split('\n').length + 1,
  }))
}

/** Keeps the number of lines, so that places in the text stay true. */
const withoutSnippets = (text) =>
  text.replace(fence, (block) => '\n'.repeat(block.split('\n').length - 1))

const withoutComments = (text) =>
  text.replace(/<!--.*?-->/gs, (comment) => '\n'.repeat(comment.split('\n').length - 1))

/** A link or an image shows its text; code is one word, whatever stands in it. */
const shownText = (text) =>
  text
    .replace(/`[^`]*`/g, 'code')
    .replace(/!?\[((?:[^[\]]|\[[^\]]*\])*)\]\([^)]*\)/g, '$1')
    .replace(/[*_]{1,2}(?=\S)|(?<=\S)[*_]{1,2}/g, '')

const beginsBlock = /^(\s*[-*] |\s*\d+\. |#|\||>)/

/** Paragraphs, list items and cells of tables, one text each; without headings, snippets and comments. */
function blocksOf(page) {
  const blocks = []
  let block = ''
  const end = () => {
    if (block.trim() !== '') blocks.push(block.trim())
    block = ''
  }
  for (const line of withoutComments(withoutSnippets(page)).split('\n')) {
    if (line.trim() === '' || beginsBlock.test(line)) end()
    if (line.startsWith('#') || /^\|[\s|:-]*$/.test(line)) continue
    if (line.startsWith('|')) blocks.push(...line.split(/(?<!\\)\|/).map((cell) => cell.trim()))
    else block += ` ${line.replace(/^\s*(?:[-*]|\d+\.) /, '')}`
  }
  end()
  return blocks.map(shownText).filter((text) => text !== '')
}

/** A cell that holds a number or a name is no sentence. */
const minWords = 4

const wordsIn = (sentence) => sentence.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word))

/**
 * The sentences of a page. A full stop inside a number, a name of a file or a version ends none; a cell of a table or an
 * item of a list without a full stop is a sentence as well, unless it has fewer words than a sentence needs.
 *
 * @returns Each with its number of words.
 */
export function sentencesOf(page) {
  return blocksOf(page)
    .flatMap((text) => text.split(/(?<=[.!?][)"']?)\s+(?=["'(]?[\p{Lu}\p{N}]|code)/u))
    .map((text) => ({ text, words: wordsIn(text).length }))
    .filter(({ words }) => words >= minWords)
}

/** The anchor that readers of Markdown give a heading: lower case, words joined by hyphens. */
const anchorOf = (heading) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-')

export function anchorsOf(page) {
  const headings = withoutSnippets(page).match(/^#+ .*$/gm) ?? []
  const taken = new Map()
  return new Set(
    headings.map((heading) => {
      const anchor = anchorOf(heading.replace(/^#+ /, '').replace(/\[([^\]]*)\]\([^)]*\)/g, '$1'))
      const count = taken.get(anchor) ?? 0
      taken.set(anchor, count + 1)
      return count === 0 ? anchor : `${anchor}-${count}`
    }),
  )
}

/** Targets of the links and images of a page that lead to a file of the repository or to an anchor. */
export function linksOf(page) {
  const text = withoutSnippets(page).replace(/`[^`\n]*`/g, '')
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target)
  return targets.filter((target) => !/^[a-z]+:/.test(target))
}

/** Names of source files and pages that a page mentions as code, with or without their folders. */
export function namedFiles(page) {
  const codes = withoutSnippets(page).match(/`[^`\n]+`/g) ?? []
  return codes
    .map((code) => code.slice(1, -1).replace(/:\d+$/, ''))
    .filter((name) => /^[\w./-]+\.(ts|mjs|mts|md|svg|c)$/.test(name))
}
