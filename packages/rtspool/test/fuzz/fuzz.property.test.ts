import { describe, expect, it } from 'vitest'
import { fastestMs } from '../rtsp/fastest.js'
import { mutate, SeededRandom } from '../rtsp/mutate.js'
import { corpus } from '../support/corpus.js'
import { fuzzRuns, fuzzSeed, fuzzTimeoutMs } from '../support/fuzz-runs.js'
import { tagged } from '../support/tagged-cases.js'
import type { FuzzTarget } from './target.js'
import { fuzzTargets } from './targets.js'

/** Longest time in milliseconds that an input may take. */
const maxMs = 100
/** Number of inputs between two readings of the processor clock. */
const batchSize = 250
/**
 * Longest time in milliseconds for a long input: ten each to read, measure, write and read it
 * again.
 */
const maxLongMs = 40
const maxFileBytes = 4096

/** Texts that may make a grammar slow if they are repeated. */
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

/** Yields long repetitions: alone, after and inside of valid inputs. */
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

/** Checks an input; an error names the input. */
function check(target: FuzzTarget, input: Buffer): boolean {
  try {
    return target.check(input)
  } catch (cause) {
    const text = target.format === 'txt' ? JSON.stringify(input.toString('latin1')) : ''
    throw new Error(`${target.name}: ${text || input.toString('hex')}: ${cause}`, { cause })
  }
}

/** Checks inputs. A slow input fails only if it is slow three times, to exclude a busy machine. */
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

  it(`${target.name}: inputs of the corpus are parsed or refused`, tagged(target), () => {
    expect(files.length).toBeGreaterThan(0)
    for (const { bytes } of files) expect(bytes.length).toBeLessThan(maxFileBytes)
    const inputs = [...files.map(({ bytes }) => bytes), ...target.seeds]
    expect(inputs.filter((input) => check(target, input)).length).toBeGreaterThan(0)
  })

  it(`${target.name}: 64 KiB of one character are handled in under ${maxLongMs} ms`, {
    tags: 'B-LOOP',
  }, () => {
    for (const input of longInputs(
      target,
      files.map(({ bytes }) => bytes),
    )) {
      // Not through check(), whose failure message costs more than most inputs.
      const tookMs = fastestMs(() => target.check(input), 20)
      if (tookMs >= maxLongMs) expect(`${input.subarray(0, 80)}… ${tookMs} ms`).toBe('')
    }
  })

  it(`${target.name}: ${fuzzRuns()} mutated inputs are parsed or refused, none is slow`, {
    ...tagged(target),
    timeout: fuzzTimeoutMs(),
  }, () => {
    const random = new SeededRandom(fuzzSeed)
    const seeds = [...files.map(({ bytes }) => bytes), ...target.seeds]
    let understood = 0
    for (let run = 0; run < fuzzRuns(); run += batchSize) {
      const inputs = Array.from({ length: batchSize }, () => mutate(seeds, random))
      understood += checkBatch(target, inputs)
    }
    // Mutations that break every input would prove nothing.
    expect(understood).toBeGreaterThan(fuzzRuns() / 200)
  })
})
