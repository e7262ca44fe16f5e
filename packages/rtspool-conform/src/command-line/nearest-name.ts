/** Returns a name in lower case, without dashes, underscores and spaces. */
const plain = (name: string): string => name.toLowerCase().replace(/[-_\s]/g, '')

/**
 * Returns the number of characters to insert, delete, replace or swap with their neighbour to turn
 * one text into the other.
 *
 * Names are short, so the table of all prefixes is built again for each pair.
 */
function distance(from: string, to: string): number {
  const rows: number[][] = [Array.from({ length: to.length + 1 }, (_, column) => column)]
  const at = (row: number, column: number): number =>
    rows[row]?.[column] ?? Number.POSITIVE_INFINITY
  for (let row = 1; row <= from.length; row++) {
    rows[row] = [row]
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1]
      const isSwapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      const steps = Math.min(
        at(row - 1, column) + 1,
        at(row, column - 1) + 1,
        at(row - 1, column - 1) + (isSame ? 0 : 1),
        isSwapped ? at(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY,
      )
      rows[row]?.push(steps)
    }
  }
  return at(from.length, to.length)
}

/** Returns the number of characters of the longest text that occurs in both texts. */
function sharedLength(one: string, other: string): number {
  let longest = 0
  for (let begin = 0; begin < one.length; begin++) {
    while (other.includes(one.slice(begin, begin + longest + 1)) && begin + longest < one.length) {
      longest++
    }
  }
  return longest
}

/**
 * Finds the name, such as an option, that a user probably meant. Accepts a typing error, another case or separator, or
 * a part of the name: `timeout` for `session-timeout`.
 *
 * @returns `undefined` if no name is close: less than half of the longer text is the same.
 */
export function nearestName<Name extends string>(
  text: string,
  names: readonly Name[],
): Name | undefined {
  const word = plain(text)
  // A longer text is not worth the time: names are shorter.
  if (word.length === 0 || word.length > 64) return undefined
  let nearest: Name | undefined
  let best = 0.5
  for (const name of names) {
    const candidate = plain(name)
    const length = Math.max(word.length, candidate.length)
    const likeness = 1 - distance(word, candidate) / length
    // A part that is a whole word counts as much as a name with few slips.
    const shared = sharedLength(word, candidate)
    const isPart = shared >= 4 && shared >= Math.min(word.length, candidate.length) * 0.8
    const score = Math.max(likeness, isPart ? 0.5 + shared / (2 * length) : 0)
    if (score > best) {
      best = score
      nearest = name
    }
  }
  return nearest
}
