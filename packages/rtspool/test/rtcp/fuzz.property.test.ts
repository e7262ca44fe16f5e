import { describe, expect, it } from 'vitest'
import { parseCompound, serializeCompound } from '../../src/rtcp/index.js'
import { mutate, SeededRandom } from '../rtsp/mutate.js'
import { hexCorpus } from '../support/corpus.js'
import { bytesOf, rtcpSamples } from './samples.js'

const corpus = hexCorpus('rtcp').filter(({ name }) => !name.startsWith('found-'))
/** What is wrong with these is in their first line. */
const broken = [
  'count-too-high.hex',
  'length-too-long.hex',
  'padding-too-long.hex',
  'sdes-without-end.hex',
  'version-1.hex',
]

describe('A-RTC-6: RTCP of anybody', () => {
  it.each(corpus)('$name is taken or dropped as a whole', ({ name, bytes }) => {
    expect(bytes.length).toBeGreaterThan(0)
    expect(parseCompound(bytes).length === 0).toBe(broken.includes(name))
  })

  it('500,000 mutated packets never throw, and what is taken is bounded and means the same when it is written again', () => {
    const seeds = [
      ...corpus.map(({ bytes }) => bytes),
      ...rtcpSamples.map(({ wire }) => bytesOf(wire)),
    ]
    const random = new SeededRandom(3550)
    let [taken, written] = [0, 0]
    for (let run = 0; run < 500_000; run++) {
      const bytes = mutate(seeds, random)
      const packets = parseCompound(bytes)
      if (packets.length === 0) continue
      taken++
      if (packets.length > bytes.length / 4) expect.fail(bytes.toString('hex'))
      if (run % 10 > 0) continue
      written++
      expect(parseCompound(serializeCompound(packets))).toEqual(packets)
    }
    expect([taken > 20_000, written > 2_000]).toEqual([true, true])
  })
})
