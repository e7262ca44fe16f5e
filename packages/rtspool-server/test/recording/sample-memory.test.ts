import { describe, expect, it } from 'vitest'
import { SampleMemory } from '../../src/recording/sample-memory.js'

const blockBytes = 32 * 1024

/** Bytes that tell their places, so that a piece in the wrong place shows. */
const bytesOf = (length: number, first = 0): Buffer =>
  Buffer.from(Array.from({ length }, (_, index) => (index * 7 + (index >> 8) + first) & 0xff))

const contentOf = (memory: SampleMemory): Buffer => Buffer.concat(memory.pieces)

describe('memory of samples', () => {
  it('holds the bytes in order, over the ends of blocks', () => {
    const memory = new SampleMemory()
    expect(memory.pieces).toEqual([])
    const samples = [[4, 40_000], [0, 25_532], [1], [65_536]].map((sizes) =>
      sizes.map((size) => bytesOf(size, size)),
    )
    for (const pieces of samples) memory.add(pieces)
    expect(contentOf(memory).equals(Buffer.concat(samples.flat()))).toBe(true)
  })

  it.each([0, 1, 2, 3, 4, 5])(
    'puts the length of each NAL unit in front of it, %i bytes before the end of a block',
    (restBytes) => {
      const memory = new SampleMemory()
      const first = bytesOf(blockBytes - restBytes)
      const units = [bytesOf(3), bytesOf(70_000), bytesOf(0), bytesOf(300)]
      memory.add([first])
      memory.addUnits(units)
      const expected = units.flatMap((unit) => {
        const length = Buffer.alloc(4)
        length.writeUInt32BE(unit.length)
        return [length, unit]
      })
      expect(contentOf(memory).equals(Buffer.concat([first, ...expected]))).toBe(true)
    },
  )

  it('keeps a copy: what becomes of the packet does not matter', () => {
    const memory = new SampleMemory()
    const packet = Buffer.from('packet')
    memory.add([packet])
    packet.fill(0)
    expect(contentOf(memory).toString()).toBe('packet')
  })

  it('gives its last bytes away, and goes on behind the others', () => {
    const memory = new SampleMemory()
    const bytes = bytesOf(70_000)
    memory.add([bytes])
    expect(memory.truncate(33_000).equals(bytes.subarray(33_000))).toBe(true)
    memory.add([Buffer.from('next')])
    expect(
      contentOf(memory).equals(Buffer.concat([bytes.subarray(0, 33_000), Buffer.from('next')])),
    ).toBe(true)
    expect(memory.truncate(0)).toHaveLength(33_004)
    expect(memory.pieces).toEqual([])
  })

  it('uses blocks again once they are released, and none before', () => {
    const [first, second, third] = [new SampleMemory(), new SampleMemory(), new SampleMemory()]
    first.add([bytesOf(100, 1)])
    second.add([bytesOf(100, 2)])
    const [block] = first.pieces
    expect(second.pieces[0]?.buffer).not.toBe(block?.buffer)
    first.release()
    expect(first.pieces).toEqual([])
    third.add([bytesOf(100, 3)])
    expect(third.pieces[0]?.buffer).toBe(block?.buffer)
    expect(contentOf(second).equals(bytesOf(100, 2))).toBe(true)
  })
})
