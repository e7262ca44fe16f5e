import { describe, expect, it } from 'vitest'
import { RequestTurns } from '../../../src/server/connection/request-turns.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { nextTurn, until } from '../../support/until.js'

const perLoop = 2

/** Connections that want `turns` turns each; `taken` counts those that each has had. */
function crowd(size: number, turns: number) {
  const requestTurns = new RequestTurns(new ManualClock())
  const taken = Array.from({ length: size }, () => 0)
  const ask = (at: number): void =>
    requestTurns.wait('192.0.2.1', () => {
      taken[at] = (taken[at] ?? 0) + 1
      if ((taken[at] ?? 0) < turns) ask(at)
    })
  for (let at = 0; at < size; at++) ask(at)
  return { taken, sum: () => taken.reduce((sum, each) => sum + each, 0) }
}

describe('RequestTurns', { tags: 'S-1' }, () => {
  it.each([1, 4, 5, 3600])(
    'gives %d connections a few turns at a time',
    { tags: 'B-LOOP' },
    async (size) => {
      const { sum } = crowd(size, 2)
      expect(sum()).toBe(0)
      for (let before = 0; sum() < 2 * size; before = sum()) {
        await nextTurn()
        expect(sum() - before).toBeGreaterThan(0)
        expect(sum() - before).toBeLessThanOrEqual(2 * perLoop)
      }
    },
  )

  it('serves each connection once before any of them twice', async () => {
    const { taken, sum } = crowd(300, 3)
    while (sum() < 900) {
      await nextTurn()
      expect(Math.max(...taken) - Math.min(...taken)).toBeLessThanOrEqual(1)
    }
  })

  it('lets the hosts take turns, however many connections each has', {
    tags: 'B-LOOP',
  }, async () => {
    const requestTurns = new RequestTurns(new ManualClock())
    const begun: string[] = []
    const ask = (host: string): void => requestTurns.wait(host, () => void begun.push(host))
    for (let count = 0; count < 3600; count++) ask(`198.18.1.${count % 2}`)
    for (const host of ['192.0.2.1', '192.0.2.2', '192.0.2.1']) ask(host)
    await nextTurn(4)
    const others = begun.filter((host) => host.startsWith('192'))
    expect(others).toEqual(['192.0.2.1', '192.0.2.2', '192.0.2.1'])
    expect(begun.length).toBeLessThanOrEqual(4 * perLoop)
    await until(() => begun.length === 3603)
    await nextTurn()
    expect(begun.length).toBe(3603)
  })

  it('handles a few requests of one turn of the loop at once, from any clients', {
    tags: 'B-LOOP',
  }, async () => {
    const requestTurns = new RequestTurns(new ManualClock())
    const passed = () =>
      Array.from({ length: 5000 }, () => requestTurns.take()).filter(Boolean).length
    expect([passed(), passed()]).toEqual([16, 0])
    await nextTurn()
    expect(passed()).toBe(16)
  })

  it.each([
    { ms: 8, continued: 2 },
    { ms: 100, continued: 25 },
    { ms: 5000, continued: 64 },
  ])(
    'lets $continued connections continue after a turn of $ms ms',
    { tags: 'B-LOOP' },
    async ({ ms, continued }) => {
      const clock = new ManualClock()
      const requestTurns = new RequestTurns(clock)
      let begun = 0
      for (let count = 0; count < 200; count++) requestTurns.wait('192.0.2.1', () => void begun++)
      clock.stall(ms)
      await nextTurn()
      expect(begun).toBeGreaterThanOrEqual(continued)
      expect(begun).toBeLessThanOrEqual(continued + perLoop)
      await until(() => begun === 200)
    },
  )

  it('continues after all turns were used', async () => {
    const requestTurns = new RequestTurns(new ManualClock())
    const begun: number[] = []
    for (const round of [1, 2]) {
      requestTurns.wait('192.0.2.1', () => void begun.push(round))
      await nextTurn()
      await nextTurn()
    }
    expect(begun).toEqual([1, 2])
  })
})
