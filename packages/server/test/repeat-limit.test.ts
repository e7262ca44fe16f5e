import { pino } from 'pino'
import { ManualClock } from 'rtspool/session-pool/conformance'
import { describe, expect, it } from 'vitest'
import { RepeatLimit } from '../src/repeat-limit.js'

function limited(level = 'info') {
  const lines: { msg: string; suppressed?: number }[] = []
  const clock = new ManualClock()
  const log = pino({ level }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  const repeats = new RepeatLimit(log, clock)
  const refuse = (reason = 'wrongCredentials') =>
    repeats.write('warn', 'access refused', reason, { reason, path: `/${lines.length}` })
  return { lines, clock, repeats, refuse }
}

describe('B-LOG what peers cause', () => {
  it('B-LOG 10,000 times is at most 100 lines, and how many more there were', () => {
    const { lines, clock, refuse } = limited()
    for (let n = 0; n < 10_000; n++) {
      refuse()
      clock.advance(5)
    }
    clock.advance(10_000)
    expect(lines.length).toBeLessThanOrEqual(100)
    const told = lines.filter(({ suppressed }) => suppressed === undefined).length
    const suppressed = lines.reduce((sum, line) => sum + (line.suppressed ?? 0), 0)
    expect(told + suppressed).toBe(10_000)
    expect(lines.at(-1)?.msg).toMatch(/^access refused: suppressed \d+ more$/)
    expect(clock.pendingTimers).toBe(0)
  })

  it('is told in full when it is little, and again in the next ten seconds', () => {
    const { lines, clock, refuse } = limited()
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 10; n++) refuse()
      clock.advance(10_000)
    }
    expect(lines.map(({ msg }) => msg)).toEqual(Array(30).fill('access refused'))
  })

  it('hides nothing of another kind', () => {
    const { lines, refuse } = limited()
    for (let n = 0; n < 1000; n++) refuse()
    refuse('forbidden')
    expect(lines.at(-1)).toMatchObject({ msg: 'access refused', reason: 'forbidden' })
  })

  it('is told to the end when the log closes', () => {
    const { lines, clock, repeats, refuse } = limited()
    for (let n = 0; n < 13; n++) refuse()
    repeats.close()
    expect(lines.at(-1)).toMatchObject({ suppressed: 3, reason: 'wrongCredentials' })
    expect(clock.pendingTimers).toBe(0)
  })

  it('costs nothing when its level is not logged', () => {
    const { lines, clock, refuse } = limited('error')
    refuse()
    expect([lines.length, clock.pendingTimers]).toEqual([0, 0])
  })
})
