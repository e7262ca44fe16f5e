import { expect, it } from 'vitest'
import { RestartDelays } from '../../src/processes/restart-delays.js'

it('delays the restart of a process longer after each short life, up to 30 s', () => {
  const delays = new RestartDelays(() => 0)
  expect([0, 59_999, 100].map((servedMs) => delays.next(1, servedMs))).toEqual([200, 400, 800])
  expect(delays.next(2, 0)).toBe(200)
  expect(delays.next(1, 60_000)).toBe(200)
  for (let n = 0; n < 20; n++) delays.next(1, 0)
  expect(delays.next(1, 0)).toBe(30_000)
})
