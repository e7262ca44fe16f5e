import { describe, expect, it } from 'vitest'
import {
  atEndOfRead,
  beginRead,
  endRead,
  presentRead,
} from '../../../src/transport/tcp/end-of-read.js'

describe('the end of a read', () => {
  it('calls what was asked for during the read, once and in order', () => {
    const calls: string[] = []
    expect(beginRead()).toBe(true)
    expect(atEndOfRead(() => calls.push('first'))).toBe(true)
    expect(atEndOfRead(() => calls.push('second'))).toBe(true)
    expect(calls).toEqual([])
    endRead()
    expect(calls).toEqual(['first', 'second'])
    beginRead()
    endRead()
    expect(calls).toEqual(['first', 'second'])
  })

  it('calls nothing that was asked for outside of a read', () => {
    let isCalled = false
    const call = (): void => {
      isCalled = true
    }
    expect(atEndOfRead(call)).toBe(false)
    beginRead()
    endRead()
    expect(isCalled).toBe(false)
  })

  it('of each read has a number of its own, and none outside', () => {
    const numbers = [presentRead()]
    for (let count = 0; count < 2; count++) {
      beginRead()
      numbers.push(presentRead())
      beginRead()
      numbers.push(presentRead())
      endRead()
      numbers.push(presentRead())
    }
    const [before, first = 0] = numbers
    expect([before, first > 0]).toEqual([0, true])
    expect(numbers).toEqual([0, first, first, 0, first + 1, first + 1, 0])
  })

  it('is that of the outer read, for a read within a read', () => {
    const calls: string[] = []
    beginRead()
    expect(beginRead()).toBe(false)
    atEndOfRead(() => calls.push('inner'))
    expect(calls).toEqual([])
    endRead()
    expect(calls).toEqual(['inner'])
  })

  it('ends the read before it calls, so that a call may begin another read', () => {
    const calls: string[] = []
    beginRead()
    atEndOfRead(() => {
      expect(atEndOfRead(() => {})).toBe(false)
      expect(beginRead()).toBe(true)
      atEndOfRead(() => calls.push('of the other read'))
      endRead()
    })
    atEndOfRead(() => calls.push('of the first read'))
    endRead()
    expect(calls).toEqual(['of the other read', 'of the first read'])
  })

  it('calls all functions, even if some throw', () => {
    const calls: string[] = []
    const fail = (name: string): void => {
      calls.push(name)
      throw new Error(name)
    }
    beginRead()
    atEndOfRead(() => fail('first'))
    atEndOfRead(() => calls.push('second'))
    atEndOfRead(() => fail('third'))
    atEndOfRead(() => calls.push('fourth'))
    expect(endRead).toThrow('third')
    expect(calls).toEqual(['first', 'second', 'third', 'fourth'])
    beginRead()
    endRead()
    expect(calls).toHaveLength(4)
  })
})
