import { describe, expect, it } from 'vitest'
import type { Reader } from '../../../src/media/fan-out/reader.js'
import { Newcomers } from '../../../src/media/track/newcomers.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'

const delayMs = 10
const reader = () => ({}) as Reader

function start() {
  const clock = new ManualClock()
  const rounds: Reader[][] = []
  const newcomers = new Newcomers(clock, delayMs, (forEachReader) => {
    const round: Reader[] = []
    forEachReader((one) => round.push(one))
    rounds.push(round)
  })
  return { clock, newcomers, rounds }
}

describe('Newcomers', () => {
  it('get one report, that long after their first packet', () => {
    const { clock, newcomers, rounds } = start()
    const one = reader()
    newcomers.add(one, false)
    clock.advance(60_000)
    expect([rounds, newcomers.isEmpty]).toEqual([[], false])
    newcomers.notePacket()
    clock.advance(delayMs - 1)
    newcomers.notePacket()
    expect(rounds).toEqual([])
    clock.advance(1)
    expect([rounds, newcomers.isEmpty, clock.pendingTimers]).toEqual([[[one]], true, 0])
  })

  it('that join together, some with kept packets, get it together', () => {
    const { clock, newcomers, rounds } = start()
    const [one, other] = [reader(), reader()]
    newcomers.add(one, true)
    newcomers.add(other, false)
    clock.advance(delayMs)
    expect(rounds).toEqual([[one, other]])
  })

  it('that have left get nothing', () => {
    const { clock, newcomers, rounds } = start()
    const [gone, stays] = [reader(), reader()]
    newcomers.add(gone, true)
    newcomers.add(stays, true)
    newcomers.remove(gone)
    clock.advance(delayMs)
    expect(rounds).toEqual([[stays]])
    newcomers.add(gone, true)
    newcomers.clear()
    clock.advance(delayMs)
    expect([rounds.length, clock.pendingTimers]).toEqual([1, 0])
  })
})
