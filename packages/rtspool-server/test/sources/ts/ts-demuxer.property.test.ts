import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fuzzRuns, fuzzSeed } from '../../../../rtspool/test/support/fuzz-runs.js'
import { TsDemuxer } from '../../../src/sources/ts/ts-demuxer.js'
import { opusDescriptors, TsWriter, types } from './ts-writer.js'

/** Returns a stream of all kinds. */
function streamOfAll(): Buffer {
  const writer = new TsWriter()
  const streams = [
    { pid: 0x100, type: types.h264 },
    { pid: 0x101, type: types.aac },
    { pid: 0x102, type: types.private, descriptors: opusDescriptors },
  ]
  const pes = streams.flatMap(({ pid }) => [
    writer.pes({ pid, bytes: Buffer.alloc(700, 0x7f), pts: 90_000, hasLength: true }),
    writer.pes({ pid, bytes: Buffer.alloc(300, 0xff), pts: 93_600 }),
  ])
  return Buffer.concat([writer.tables(streams), ...pes, writer.tables(streams)])
}

describe('a damaged transport stream', () => {
  const whole = streamOfAll()
  const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255))
  const sizes = fc.array(fc.integer({ min: 1, max: 600 }), { minLength: 1, maxLength: 20 })

  it('is read without an error, and emits no more bytes than it has', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), sizes, (changes, chunks) => {
        const bytes = Buffer.from(whole)
        for (const [at, value] of changes) bytes[at] = value
        let emitted = 0
        const demuxer = new TsDemuxer({
          streams: () => undefined,
          unit: (_, unit) => {
            emitted += unit.length
          },
        })
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = chunks[turn % chunks.length] as number
          demuxer.push(bytes.subarray(at, at + size))
          at += size
        }
        demuxer.flush()
        expect(emitted).toBeLessThanOrEqual(bytes.length)
      }),
      { numRuns: fuzzRuns(2_000), seed: fuzzSeed },
    )
  })
})
