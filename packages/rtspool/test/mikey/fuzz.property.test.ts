import { describe, expect, it } from 'vitest'
import { RtspError } from '../../src/errors.js'
import { parseSrtpOffer } from '../../src/mikey/index.js'
import { parseMikey } from '../../src/mikey/parse.js'
import { serializeMikey } from '../../src/mikey/serialize.js'
import { parseKeyMgmt, serializeKeyMgmt } from '../../src/rtsp/index.js'
import { mutate, SeededRandom } from '../rtsp/mutate.js'
import { keyMgmtCorpus, mikeyCorpus } from './samples.js'

/** For longer runs by hand: RTSPOOL_FUZZ_FACTOR=100 RTSPOOL_FUZZ_SEED=7 npx vitest run ... */
const { RTSPOOL_FUZZ_FACTOR = '1', RTSPOOL_FUZZ_SEED = '24301' } = process.env
const runs = 40_000 * Number(RTSPOOL_FUZZ_FACTOR)
const timeoutMs = 10_000 * Number(RTSPOOL_FUZZ_FACTOR)

/** What comes out, or `undefined` for an error of ours; any other is thrown on. */
function tolerate<Result>(work: () => Result): Result | undefined {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof RtspError)) throw error
    return undefined
  }
}

/** Control characters never get past the parser of messages. */
const withoutControls = (text: string): string =>
  [...text].filter((char) => char === '\t' || (char >= ' ' && char !== '\x7f')).join('')

describe('mutated input', () => {
  it(
    `B-SRTP ${runs} MIKEY messages: no error but ours; what is understood means the same when written`,
    () => {
      const seeds = [...mikeyCorpus.values()]
      const random = new SeededRandom(Number(RTSPOOL_FUZZ_SEED))
      let understood = 0
      for (let run = 0; run < runs; run++) {
        const wire = mutate(seeds, random)
        tolerate(() => parseSrtpOffer(wire))
        const message = tolerate(() => parseMikey(wire))
        if (!message) continue
        understood++
        const said = serializeMikey(message)
        if (!serializeMikey(parseMikey(said)).equals(said)) expect(wire.toString('hex')).toBe('')
      }
      expect(understood).toBeGreaterThan(runs / 100)
    },
    timeoutMs,
  )

  it(
    `B-SRTP ${runs} values of KeyMgmt: no error but ours; what is understood can be written`,
    () => {
      const seeds = [...keyMgmtCorpus.values()].map((text) => Buffer.from(text, 'latin1'))
      const random = new SeededRandom(Number(RTSPOOL_FUZZ_SEED) + 1)
      for (let run = 0; run < runs; run++) {
        const text = withoutControls(mutate(seeds, random).toString('latin1'))
        const messages = tolerate(() => parseKeyMgmt(text))
        if (!messages) continue
        const plain = messages.filter(({ protocol }) => /^\w+$/.test(protocol))
        for (const message of plain) {
          expect(parseKeyMgmt(serializeKeyMgmt(message))).toEqual([message])
        }
      }
    },
    timeoutMs,
  )
})
