/**
 * Measures how readable the docstrings of the packages are, and ends with 1 when a measure is worse than its limit. A
 * change that improves a measure for good writes the new value here. With --list: names each docstring that is meant.
 * With --sample COUNT: prints that many docstrings, drawn at random, for a reader who has not seen the code. --seed TEXT
 * draws others.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import ts from 'typescript'
import { root } from './workspace.mjs'

const mostWords = 25

/** `wanted` is the final limit. */
const limits = {
  clauses: { limit: 15, wanted: 15 },
  longSentences: { limit: 0.6, wanted: 0.6 },
}

/** Matches a docstring that begins with a free clause: it names nothing, so readers must find the noun in the code. */
const clause = /^(what|where|who|whom|whether|how|when|of|those)\b/i

const {
  values: { list: isListing, sample, seed },
} = parseArgs({
  options: {
    list: { type: 'boolean', default: false },
    sample: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
  },
})

function* docstringsOf(file) {
  const source = readFileSync(join(root, file), 'utf8')
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true)
  const seen = new Set()
  function* visit(node) {
    for (const { pos, end } of ts.getLeadingCommentRanges(source, node.getFullStart()) ?? []) {
      if (seen.has(pos) || !source.startsWith('/**', pos)) continue
      seen.add(pos)
      const text = source
        .slice(pos + 3, end - 2)
        .replace(/^\s*\* ?/gm, '')
        .trim()
      const place = `${file}:${tree.getLineAndCharacterOfPosition(pos).line + 1}`
      const [code = ''] = source.slice(end).trimStart().split('\n')
      yield { text, place, code }
    }
    for (const child of node.getChildren(tree)) yield* visit(child)
  }
  yield* visit(tree)
}

/** Splits a docstring into sentences, and each into words. Code is left out; tags and list items stand alone. */
function sentencesOf(docstring) {
  return docstring
    .replace(/```.*?```/gs, '\n\n')
    .replace(/^(- |@\w+)/gm, '\n\n$1')
    .replace(/\be\.g\. /g, '')
    .split(/(?<=[.!?…]["')`*]*)\s+|\n\n+/)
    .map((sentence) => sentence.split(/\s+/).filter((word) => /[\p{L}\d]/u.test(word)))
    .filter((words) => words.length > 0)
}

const sources = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => /^packages\/[^/]+\/src\/.*\.ts$/.test(file))

/** Prints `count` docstrings of the packages, the same ones for the same seed. */
function printSample(all, count) {
  const rank = ({ place }) => createHash('sha256').update(`${seed} ${place}`).digest('hex')
  const ranked = all.map((each) => ({ each, rank: rank(each) }))
  ranked.sort((a, b) => (a.rank < b.rank ? -1 : 1))
  for (const { each } of ranked.slice(0, count)) {
    console.log(`${each.place}\n${each.text.replace(/^/gm, '  ')}\n    ${each.code}\n`)
  }
}

const docstrings = sources.flatMap((file) => [...docstringsOf(file)])
printSample(docstrings, Number(sample))

const clausesByFolder = new Map()
const counts = { docstrings: 0, clauses: 0, sentences: 0, longSentences: 0 }
for (const { text, place } of docstrings) {
  counts.docstrings++
  if (clause.test(text)) {
    counts.clauses++
    const folder = dirname(place)
    clausesByFolder.set(folder, (clausesByFolder.get(folder) ?? 0) + 1)
    if (isListing) console.log(`${place}: ${text.split('\n')[0]}`)
  }
  for (const words of sentencesOf(text)) {
    counts.sentences++
    if (words.length <= mostWords) continue
    counts.longSentences++
    if (isListing) console.log(`${place}: ${words.length} words: ${words.join(' ')}`)
  }
}
for (const [folder, count] of [...clausesByFolder].sort(([, a], [, b]) => b - a)) {
  console.log(`${String(count).padStart(5)} ${folder}`)
}

const percent = Math.round((1000 * counts.longSentences) / counts.sentences) / 10
const measures = [
  {
    measure: 'docstrings that begin with a clause',
    value: counts.clauses,
    is: `of ${counts.docstrings}`,
    ...limits.clauses,
  },
  {
    measure: `% of sentences over ${mostWords} words`,
    value: percent,
    is: `${counts.longSentences} of ${counts.sentences}`,
    ...limits.longSentences,
  },
]
for (const { measure, value, is, limit, wanted } of measures) {
  const isKept = value <= limit
  if (!isKept) process.exitCode = 1
  console.log(
    `${isKept ? 'ok  ' : 'FAIL'} ${measure}: ${value} (at most ${limit}, wanted ${wanted}), ${is}`,
  )
}
