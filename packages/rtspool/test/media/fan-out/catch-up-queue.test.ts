import { describe, expect, it } from 'vitest'
import { CatchUpQueue } from '../../../src/media/fan-out/catch-up-queue.js'

const packets = (count: number, first = 0): Buffer[] =>
  Array.from({ length: count }, (_, index) => Buffer.of((first + index) >> 8, first + index))
const numbersOf = (some: readonly Buffer[]) => some.map((packet) => packet.readUInt16BE(0))
const numbers = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => from + index)

describe('CatchUpQueue', () => {
  it('sends portions of 32, plus the packets added meanwhile', () => {
    const first = packets(100)
    const queue = new CatchUpQueue(first)
    expect(numbersOf(queue.takePortion())).toEqual(numbers(0, 32))
    queue.push(packets(10, 100))
    expect(numbersOf(queue.packets)).toEqual(numbers(32, 110))
    expect(numbersOf(queue.takePortion())).toEqual(numbers(32, 74))
    queue.push(packets(5, 110))
    expect(numbersOf(queue.takePortion())).toEqual(numbers(74, 111))
    expect(queue.isEmpty).toBe(false)
    expect(numbersOf(queue.takePortion())).toEqual(numbers(111, 115))
    expect([queue.isEmpty, queue.packets, queue.takePortion()]).toEqual([true, [], []])
    expect(first.length).toBe(100)
  })

  it('sends no larger portion for what arrived while a portion had to wait', () => {
    const queue = new CatchUpQueue(packets(40))
    queue.push(packets(100, 40))
    queue.noteWait(0)
    queue.push(packets(5, 140))
    expect(numbersOf(queue.takePortion())).toEqual(numbers(0, 37))
  })

  it('counts a wait from its first time on, until a portion is sent', () => {
    const queue = new CatchUpQueue(packets(100))
    expect([queue.noteWait(700), queue.noteWait(704), queue.noteWait(2701)]).toEqual([0, 4, 2001])
    queue.takePortion()
    expect([queue.noteWait(3000), queue.noteWait(3100)]).toEqual([0, 100])
  })

  it('drops all that waits', () => {
    const queue = new CatchUpQueue(packets(40))
    queue.takePortion()
    expect([queue.clear(), queue.isEmpty, queue.clear()]).toEqual([8, true, 0])
  })

  it('accepts any number of packets at once', { tags: 'B-CRASH' }, () => {
    const queue = new CatchUpQueue([])
    queue.push(Array<Buffer>(300_000).fill(Buffer.alloc(13)))
    expect(queue.packets.length).toBe(300_000)
    expect(queue.takePortion().length).toBe(300_000)
  })
})
