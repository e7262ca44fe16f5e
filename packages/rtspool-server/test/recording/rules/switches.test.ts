import { ManualClock } from 'rtspool/testing'
import { describe, expect, it } from 'vitest'
import { Switches } from '../../../src/recording/rules/switches.js'

function scene() {
  const clock = new ManualClock()
  const over: string[] = []
  const switches = new Switches(clock, (name) => void over.push(name))
  const state = () => [switches.isOn('a'), switches.untilOf('a')]
  return { clock, over, switches, state }
}

describe('starts for some seconds', () => {
  it('end, and the recording follows its settings again', () => {
    const { clock, over, switches, state } = scene()
    const end = new Date(clock.unixTimeMs() + 30_000)
    switches.setFor('a', 30)
    expect(state()).toEqual([true, end])
    clock.advance(29_999)
    expect([state(), over]).toEqual([[true, end], []])
    clock.advance(1)
    expect([state(), over]).toEqual([[undefined, undefined], ['a']])
  })

  it('prolong each other, and shorten nothing', () => {
    const { clock, over, switches, state } = scene()
    const from = clock.unixTimeMs()
    switches.setFor('a', 30)
    clock.advance(20_000)
    switches.setFor('a', 5)
    expect(state()).toEqual([true, new Date(from + 30_000)])
    switches.setFor('a', 30)
    expect(state()).toEqual([true, new Date(from + 50_000)])
    switches.set('a', true)
    switches.setFor('a', 30)
    expect(state()).toEqual([true, undefined])
    clock.advance(100_000)
    expect([state(), over, clock.pendingTimers]).toEqual([[true, undefined], [], 0])
  })

  it('are not shortened or prolonged by a jump of the wall clock', () => {
    for (const jumpMs of [-3_600_000, 3_600_000]) {
      const { clock, over, switches, state } = scene()
      switches.setFor('a', 30)
      clock.jumpWallClock(jumpMs)
      expect(state()).toEqual([true, new Date(clock.unixTimeMs() + 30_000)])
      clock.advance(20_000)
      switches.setFor('a', 5)
      expect(state()).toEqual([true, new Date(clock.unixTimeMs() + 10_000)])
      switches.setFor('a', 30)
      clock.advance(29_999)
      expect([state()[0], over]).toEqual([true, []])
      clock.advance(1)
      expect([state()[0], over, clock.pendingTimers]).toEqual([undefined, ['a'], 0])
    }
  })

  it('begin after a stop, and a stop ends them', () => {
    const { clock, over, switches, state } = scene()
    switches.set('a', false)
    switches.setFor('a', 30)
    expect(switches.isOn('a')).toBe(true)
    switches.set('a', false)
    clock.advance(60_000)
    expect([state(), over]).toEqual([[false, undefined], []])
    switches.setFor('a', 30)
    switches.close()
    expect(clock.pendingTimers).toBe(0)
  })
})
