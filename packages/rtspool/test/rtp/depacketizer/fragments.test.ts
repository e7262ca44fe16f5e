import { describe, expect, it } from 'vitest'
import { AacReader } from '../../../src/rtp/depacketizer/aac.js'
import { Fragments } from '../../../src/rtp/depacketizer/fragments.js'
import { PartMemory } from '../../../src/rtp/depacketizer/part-memory.js'
import { collectGarbage } from '../../support/collect-garbage.js'

/** Size of one read of a connection, of which a fragment may be a small part. */
const readBytes = 64 * 1024
const mebibyte = 1024 * 1024

const arrayBuffers = (): number => {
  // The second run waits for the first to free its buffers.
  collectGarbage()
  collectGarbage()
  return process.memoryUsage().arrayBuffers
}

describe('fragments of a part', () => {
  it.each([1, 3, 32, 33, 66, 1000])('join to what was added, in %i pieces', (count) => {
    const fragments = new Fragments()
    const pieces = Array.from({ length: count }, (_, at) => Buffer.alloc(1 + (at % 50), at))
    for (let round = 0; round < 2; round++) {
      for (const piece of pieces) fragments.add(piece)
      expect([fragments.isOpen, fragments.count]).toEqual([true, count])
      expect(fragments.sizeBytes).toBe(Buffer.concat(pieces).length)
      expect(fragments.join()).toEqual(Buffer.concat(pieces))
      expect([fragments.isOpen, fragments.count, fragments.sizeBytes]).toEqual([false, 0, 0])
    }
  })

  it.each([
    ['of their own', undefined],
    ['that is used again', new PartMemory()],
  ])('follow the header of the part, in memory %s', (_name, memory) => {
    const fragments = new Fragments(memory)
    for (const header of [[0x65], [0x26, 0x01]]) {
      fragments.addHeader(header[0] as number, header[1])
      fragments.add(Buffer.from([7, 8]))
      expect([fragments.count, fragments.sizeBytes]).toEqual([2, header.length + 2])
      expect([...fragments.join()]).toEqual([...header, 7, 8])
      expect(fragments.isOpen).toBe(false)
    }
  })

  it('do not hold the reads that they are a small part of', () => {
    const fragments = new Fragments()
    const before = arrayBuffers()
    for (let at = 0; at < 1000; at++) fragments.add(Buffer.alloc(readBytes, at).subarray(0, 1))
    expect(arrayBuffers() - before).toBeLessThan(6 * mebibyte)
    expect(fragments.join()).toHaveLength(1000)
  })

  it('need no memory when they are empty', () => {
    const reader = new AacReader('mode=AAC-hbr; sizelength=13; indexlength=3')
    const headers = Buffer.from([0, 16, 0x80, 0])
    const before = arrayBuffers()
    for (let at = 0; at < 1000; at++) {
      expect(
        reader.read(Buffer.concat([Buffer.alloc(readBytes), headers]).subarray(-4), 7, false),
      ).toEqual([])
    }
    expect(arrayBuffers() - before).toBeLessThan(6 * mebibyte)
  })
})
