import { describe, expect, it } from 'vitest'
import { RtspError } from '../../src/errors.js'
import { parseAuthorization, serializeAuthorization } from '../../src/rtsp/headers/authorization.js'
import { parseChallenge, serializeChallenge } from '../../src/rtsp/headers/www-authenticate.js'
import { textCorpus } from '../support/corpus.js'
import { fuzzRuns, fuzzSeed, fuzzTimeoutMs } from '../support/fuzz-runs.js'
import {
  authorizationCases,
  challengeCases,
  refusedAuthorizations,
  refusedChallenges,
} from './auth-cases.js'
import { fastestMs } from './fastest.js'
import { mutate, SeededRandom } from './mutate.js'

const maxMs = 100
const runs = fuzzRuns(20_000)

const targets = [
  {
    name: 'authorization',
    cases: [...authorizationCases, ...refusedAuthorizations],
    again: (text: string) => serializeAuthorization(parseAuthorization(text)),
  },
  {
    name: 'www-authenticate',
    cases: [...challengeCases, ...refusedChallenges],
    again: (text: string) => serializeChallenge(parseChallenge(text)),
  },
]

// Control characters except HTAB never get past the parser of messages.
const isPossibleValue = (text: string): boolean =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  !/[\x00-\x08\x0a-\x1f\x7f]/.test(text)

/**
 * Checks that a parsed value can be serialized with the same meaning. Tolerates an error of the
 * library; rethrows any other.
 */
function check(text: string, again: (text: string) => string): void {
  try {
    const said = again(text)
    if (again(said) !== said) expect(again(said)).toBe(said)
  } catch (error) {
    // A TypeError is for values that a peer may send and the server does not: a tab in quotes, an
    // algorithm that is no token.
    if (!(error instanceof RtspError) && !(error instanceof TypeError)) throw error
    if (error instanceof TypeError)
      expect(error.message).toMatch(/control characters|a token|colon/)
  }
}

describe('mutated input', () => {
  it.each(targets)(
    'values of $name: only errors of the library, none takes 100 ms',
    { tags: ['A-DIG-11', 'B-LOOP', 'B-AUTH0'], timeout: fuzzTimeoutMs() },
    ({ name, cases, again }) => {
      const seeds = [...textCorpus(name), ...cases.map(({ wire }) => Buffer.from(wire))]
      for (const seed of seeds) check(seed.toString('utf8'), again)
      const random = new SeededRandom(fuzzSeed + 5)
      for (let run = 0; run < runs; run++) {
        const text = mutate(seeds, random).toString('utf8')
        if (!isPossibleValue(text)) continue
        const start = performance.now()
        check(text, again)
        if (performance.now() - start < maxMs) continue
        expect(fastestMs(() => check(text, again), 3)).toBeLessThan(maxMs)
      }
    },
  )

  it.each(['"', '\\"', ',', '=', 'a=b,', ' ', '"",', "''%"])(
    '8 KiB of %s, the longest line, are handled in under 20 ms',
    { tags: 'B-LOOP' },
    (piece) => {
      for (const { again } of targets) {
        const text = `Digest username="u", ${piece.repeat(8192 / piece.length)}`
        expect(fastestMs(() => check(text, again), 5)).toBeLessThan(20)
      }
    },
  )
})
