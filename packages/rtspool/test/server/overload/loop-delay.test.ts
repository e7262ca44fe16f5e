import { expect, it } from 'vitest'
import { LoopDelay } from '../../../src/server/overload/loop-delay.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'

function scene() {
  const clock = new ManualClock()
  const delay = new LoopDelay(clock)
  delay.start()
  /** A turn of the event loop that takes so long. */
  const turn = (ms: number) => {
    clock.stall(ms)
    clock.turn()
  }
  return { clock, delay, turn }
}

it('the delay of an event loop that is on time is 0', () => {
  const { clock, delay } = scene()
  for (let n = 0; n < 3; n++) {
    clock.advance(500)
    expect(delay.take()).toBe(0)
  }
})

it('a single pause of the process does not count', () => {
  const { clock, delay, turn } = scene()
  turn(60_000)
  expect(delay.take()).toBe(0)
  clock.advance(500)
  expect(delay.take()).toBe(0)
})

it('a loop that stays slow counts from the second period on, with the smaller of its delays', () => {
  const { delay, turn } = scene()
  turn(2100)
  expect(delay.take()).toBe(0)
  turn(1100)
  expect(delay.take()).toBe(1000)
  turn(3100)
  expect(delay.take()).toBe(1000)
})

it('a delay has no timer once it has been stopped', () => {
  const { clock, delay } = scene()
  delay.start()
  expect(clock.pendingTimers).toBe(1)
  delay.stop()
  expect(clock.pendingTimers).toBe(0)
})
