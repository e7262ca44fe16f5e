/** `npm run docs:figures`: prints what the sentences of the documentation measure, with their limits; 1 when one is exceeded. */
import { documentPages, isListOfTests, readPage, sentencesOf } from './docs-text.mjs'

/** Words of the longest sentence that is not counted as long. */
const maxWords = 25
/** Percent of the sentences that may be longer. */
const maxLongShare = 1.5

const percent = (part, whole) => (whole === 0 ? 0 : (100 * part) / whole)
const isLong = ({ words }) => words > maxWords

const pages = documentPages()
  .filter((page) => !isListOfTests(page))
  .map((page) => {
    const sentences = sentencesOf(readPage(page))
    return { page, sentences, long: sentences.filter(isLong) }
  })
const total = pages.reduce((sum, { sentences }) => sum + sentences.length, 0)
const long = pages.reduce((sum, each) => sum + each.long.length, 0)
const share = percent(long, total)

if (process.argv.includes('--list')) {
  for (const each of pages) {
    for (const { text, words } of each.long) console.log(`${each.page}: ${words}: ${text}`)
  }
} else {
  for (const each of pages.filter((page) => page.long.length > 0)) {
    const shown = percent(each.long.length, each.sentences.length).toFixed(1).padStart(5)
    console.log(`${shown} %  ${each.long.length} of ${each.sentences.length}  ${each.page}`)
  }
}
console.log(
  `sentences over ${maxWords} words in docs/ and README.md: ${long} of ${total}, ${share.toFixed(2)} % (limit ${maxLongShare} %)`,
)
if (share > maxLongShare) process.exitCode = 1
