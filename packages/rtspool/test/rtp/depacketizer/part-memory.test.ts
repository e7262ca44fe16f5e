import { describe, expect, it } from 'vitest'
import { PartMemory } from '../../../src/rtp/depacketizer/part-memory.js'

const blockBytes = 64 * 1024

function partOf(memory: PartMemory, ...pieces: readonly Buffer[]): Buffer {
  for (const piece of pieces) memory.append(piece)
  return memory.close()
}

describe('memory of parts', () => {
  it('joins what was appended, over the ends of blocks', () => {
    const memory = new PartMemory()
    const pieces = Array.from({ length: 300 }, (_, at) => Buffer.alloc(1000, at))
    const small = partOf(memory, Buffer.from('first'))
    const large = partOf(memory, ...pieces)
    const empty = partOf(memory)
    expect(small.toString()).toBe('first')
    expect(large.equals(Buffer.concat(pieces))).toBe(true)
    expect(empty).toHaveLength(0)
  })

  it('leaves out the bytes of a part that was dropped', () => {
    const memory = new PartMemory()
    const first = partOf(memory, Buffer.from('first'))
    memory.append(Buffer.alloc(2 * blockBytes, 1))
    memory.drop()
    expect(partOf(memory, Buffer.from('second')).toString()).toBe('second')
    expect(first.toString()).toBe('first')
  })

  it('keeps the parts of a unit until they are released, whatever others append meanwhile', () => {
    const [lender, other] = [new PartMemory(), new PartMemory()]
    const lent = partOf(lender, Buffer.from('lent'))
    lender.lend()
    const next = partOf(lender, Buffer.from('next'))
    partOf(other, Buffer.alloc(3 * blockBytes, 1))
    expect([lent, next].map(String)).toEqual(['lent', 'next'])
    lender.release()
    const { buffer } = partOf(new PartMemory(), Buffer.from('new'))
    expect(buffer).toBe(lent.buffer)
    expect(next.toString()).toBe('next')
  })

  it('uses the memory of a dropped unit again', () => {
    const memory = new PartMemory()
    const { buffer } = partOf(memory, Buffer.from('dropped'))
    memory.clear()
    expect(partOf(memory, Buffer.from('next')).buffer).toBe(buffer)
  })

  it('keeps no block of more than 1 MiB', () => {
    const memory = new PartMemory()
    const { buffer } = partOf(memory, Buffer.alloc(3_000_000))
    memory.clear()
    expect(buffer.byteLength).toBe(4 * 1024 * 1024)
    expect(partOf(memory, Buffer.alloc(3_000_000)).buffer).not.toBe(buffer)
  })
})
