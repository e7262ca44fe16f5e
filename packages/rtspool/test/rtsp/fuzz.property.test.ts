import { describe, expect, it } from 'vitest'
import { RtspError } from '../../src/errors.js'
import { RtspParser } from '../../src/rtsp/parser.js'
import { rtspParserLimitsDefaults } from '../../src/rtsp/parser-limits.js'
import { fuzzRuns, fuzzSeed, fuzzTimeoutMs } from '../support/fuzz-runs.js'
import { eachCase } from '../support/tagged-cases.js'
import { fastestMs } from './fastest.js'
import { mutate, SeededRandom } from './mutate.js'
import { cut, eventFacts, record, recordingSink } from './record.js'
import { parseWhole } from './reference-parser.js'
import { transcripts } from './transcripts.js'

const maxMs = 100

/** Runs work; tolerates an error of the library and rethrows any other. */
function tolerate(work: () => void): void {
  try {
    work()
  } catch (error) {
    if (!(error instanceof RtspError)) throw error
  }
}

/** Tolerates errors, and fails if the work is slow three times: once may be the machine. */
function tolerateQuickly(work: () => void): void {
  const start = performance.now()
  tolerate(work)
  if (performance.now() - start < maxMs) return
  expect(fastestMs(() => tolerate(work), 3)).toBeLessThan(maxMs)
}

/** Long enough for every rule, short enough for a hundred thousand runs. */
const maxSeedBytes = 1500
const streamSeeds = transcripts
  .map(({ wire }) => wire)
  .filter(({ length }) => length < maxSeedBytes)

/** So small that mutated messages reach the limits. */
const smallLimits = {
  maxLineBytes: 60,
  maxUriBytes: 30,
  maxMethodBytes: 8,
  maxHeaders: 4,
  maxHeaderBytes: 100,
  maxBodyBytes: 40,
}

describe('mutated input', () => {
  it(`${fuzzRuns(60_000)} streams: only errors of the library, none takes 100 ms`, {
    tags: ['B-ILV', 'B-BIG'],
    timeout: fuzzTimeoutMs(),
  }, () => {
    const random = new SeededRandom(fuzzSeed)
    for (let run = 0; run < fuzzRuns(60_000); run++) {
      const wire = mutate(streamSeeds, random)
      const parser = new RtspParser(recordingSink([]), run % 2 === 0 ? {} : smallLimits)
      tolerateQuickly(() => {
        parser.push(wire)
      })
    }
  })
})

describe('the parser against a naive one', () => {
  it.each([
    { name: 'default limits', limits: rtspParserLimitsDefaults, seed: fuzzSeed + 2 },
    { name: 'small limits', limits: smallLimits, seed: fuzzSeed + 3 },
  ])(
    `${fuzzRuns(8_000)} mutated streams, cut at random, $name: same results`,
    { tags: 'B-SMUG', timeout: fuzzTimeoutMs() },
    ({ limits, seed }) => {
      const random = new SeededRandom(seed)
      for (let run = 0; run < fuzzRuns(8_000); run++) {
        const wire = mutate(streamSeeds, random)
        const places = Array.from({ length: random.below(6) }, () => random.below(wire.length + 1))
        const actual = record(
          cut(
            wire,
            places.sort((a, b) => a - b),
          ),
          limits,
        )
        const expected = parseWhole(wire, limits)
        const facts = { error: actual.error, events: actual.events.map(eventFacts) }
        const expectedFacts = { error: expected.error, events: expected.events.map(eventFacts) }
        // A matcher only for a difference: matchers are slow.
        if (JSON.stringify(facts) !== JSON.stringify(expectedFacts)) {
          expect({ wire: wire.toString('latin1'), places, ...facts }).toEqual(expectedFacts)
        }
      }
    },
  )

  eachCase(transcripts)('agrees on $name', ({ wire, error, events }) => {
    const expected = parseWhole(wire)
    expect(expected.error).toBe(error)
    expect(expected.events).toHaveLength(events.length)
    expect(record([wire]).events.map(eventFacts)).toEqual(expected.events.map(eventFacts))
  })
})
