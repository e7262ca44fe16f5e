import { describe, expect, it } from 'vitest'
import { fastestMs } from '../rtsp/fastest.js'
import { mutate, SeededRandom } from '../rtsp/mutate.js'
import { corpus } from '../support/corpus.js'
import { fuzzRuns, fuzzSeed, fuzzTimeoutMs } from '../support/fuzz-runs.js'
import type { FuzzTarget } from './target.js'
import { fuzzTargets } from './targets.js'

/** No input may take longer. */
const maxMs = 100
/** Inputs between two looks at the clock of the processor. */
const batchSize = 250
/** Ten each for reading it, measuring what came of it, writing that, and reading it again. */
const maxLongMs = 40
const maxFileBytes = 4096

/** What a grammar may be slow with when there is much of it. */
const repeated = [
  ',',
  ';',
  ' ',
  '\t',
  '"',
  '\\',
  '=',
  ':',
  '/',
  '-',
  '\0',
  '0',
  'a,',
  'a=',
  '\na=',
  '\n',
  '%41',
  '//',
]
const longBytes = 64 * 1024

/** Much of the same: alone, behind and in the midst of what is understood. */
function* longInputs({ seeds }: FuzzTarget, files: readonly Buffer[]): Iterable<Buffer> {
  for (const text of repeated) {
    const many = Buffer.alloc(longBytes, text)
    yield many
    for (const seed of [...files, ...seeds].slice(0, 3)) {
      const middle = seed.length >> 1
      yield Buffer.concat([seed, many])
      yield Buffer.concat([seed.subarray(0, middle), many, seed.subarray(middle)])
    }
  }
}

/** Checks an input, and says which one it was that something is wrong with. */
function check(target: FuzzTarget, input: Buffer): boolean {
  try {
    return target.check(input)
  } catch (cause) {
    const text = target.format === 'txt' ? JSON.stringify(input.toString('latin1')) : ''
    throw new Error(`${target.name}: ${text || input.toString('hex')}: ${cause}`, { cause })
  }
}

/** Checks inputs; a slow one is slow three times over, and not because the machine was busy. */
function checkBatch(target: FuzzTarget, inputs: readonly Buffer[]): number {
  const start = process.cpuUsage()
  const understood = inputs.filter((input) => check(target, input)).length
  const { user, system } = process.cpuUsage(start)
  if ((user + system) / 1000 > maxMs) {
    for (const input of inputs) {
      expect(
        fastestMs(() => check(target, input), 3),
        input.toString('hex'),
      ).toBeLessThan(maxMs)
    }
  }
  return understood
}

describe.each(fuzzTargets)('$name', (target) => {
  const files = corpus(target.name)

  it(`${target.rows} ${target.name}: inputs of the corpus are understood or refused`, () => {
    expect(files.length).toBeGreaterThan(0)
    for (const { bytes } of files) expect(bytes.length).toBeLessThan(maxFileBytes)
    const inputs = [...files.map(({ bytes }) => bytes), ...target.seeds]
    expect(inputs.filter((input) => check(target, input)).length).toBeGreaterThan(0)
  })

  it(`B-LOOP ${target.name}: 64 KiB of one character are handled in under ${maxLongMs} ms`, () => {
    for (const input of longInputs(
      target,
      files.map(({ bytes }) => bytes),
    )) {
      // Not through check(): its words for a failure cost more than most inputs.
      const tookMs = fastestMs(() => target.check(input), 20)
      if (tookMs >= maxLongMs) expect(`${input.subarray(0, 80)}… ${tookMs} ms`).toBe('')
    }
  })

  it(
    `${target.rows} ${target.name}: ${fuzzRuns()} mutated inputs are understood or refused, none is slow`,
    () => {
      const random = new SeededRandom(fuzzSeed)
      const seeds = [...files.map(({ bytes }) => bytes), ...target.seeds]
      let understood = 0
      for (let run = 0; run < fuzzRuns(); run += batchSize) {
        const inputs = Array.from({ length: batchSize }, () => mutate(seeds, random))
        understood += checkBatch(target, inputs)
      }
      // Mutations that break everything would show nothing.
      expect(understood).toBeGreaterThan(fuzzRuns() / 200)
    },
    fuzzTimeoutMs(),
  )
})
