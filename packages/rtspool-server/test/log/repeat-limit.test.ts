import fc from 'fast-check'
import { pino } from 'pino'
import { ManualClock } from 'rtspool/testing'
import { describe, expect, it } from 'vitest'
import { RepeatLimit } from '../../src/log/repeat-limit.js'

interface Line {
  readonly level: number
  readonly msg: string
  readonly address?: string
  readonly addresses?: number
  readonly suppressed?: number
  readonly kinds?: Record<string, number>
}

function limited(level = 'info') {
  const lines: Line[] = []
  const clock = new ManualClock()
  const log = pino({ level }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  const repeats = new RepeatLimit(log, clock)
  const refuse = (reason = 'wrongCredentials', address = '192.0.2.1') =>
    repeats.write('warn', 'access refused', reason, { reason, address })
  const come = (address: string) => repeats.write('info', 'session created', '', { address })
  const go = (address: string) => repeats.write('info', 'session removed', 'teardown', { address })
  return { lines, clock, repeats, refuse, come, go }
}

const plain = ({ suppressed }: Line): boolean => suppressed === undefined
const suppressedIn = (lines: readonly Line[]): number =>
  lines.reduce((sum, line) => sum + (line.suppressed ?? 0), 0)

describe('lines caused by peers', { tags: 'B-LOG' }, () => {
  it('10,000 times is at most 100 lines, and how many more there were', () => {
    const { lines, clock, refuse } = limited()
    for (let n = 0; n < 10_000; n++) {
      refuse()
      clock.advance(5)
    }
    clock.advance(10_000)
    expect(lines.length).toBeLessThanOrEqual(100)
    expect(lines.filter(plain).length + suppressedIn(lines)).toBe(10_000)
    expect(lines.at(-1)?.msg).toMatch(/^suppressed \d+ more lines of 192\.0\.2\.1$/)
    expect(clock.pendingTimers).toBe(0)
  })

  it('are all logged if they are few, and again in the next ten seconds', () => {
    const { lines, clock, refuse } = limited()
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 10; n++) refuse()
      clock.advance(10_000)
    }
    expect(lines.map(({ msg }) => msg)).toEqual(Array(30).fill('access refused'))
  })

  it('do not suppress lines of another kind', () => {
    const { lines, refuse } = limited()
    for (let n = 0; n < 1000; n++) refuse()
    refuse('forbidden')
    expect(lines.at(-1)).toMatchObject({ msg: 'access refused', reason: 'forbidden' })
  })

  it('are summarised when the log closes', () => {
    const { lines, clock, repeats, refuse } = limited()
    for (let n = 0; n < 13; n++) refuse()
    repeats.close()
    const kinds = { 'access refused: wrongCredentials': 3 }
    expect(lines.at(-1)).toMatchObject({ suppressed: 3, kinds, level: 40 })
    expect(clock.pendingTimers).toBe(0)
  })

  it('cost nothing if their level is not logged', () => {
    const { lines, clock, refuse } = limited('error')
    refuse()
    expect([lines.length, clock.pendingTimers]).toEqual([0, 0])
  })
})

describe('comings and goings', { tags: ['S-7', 'B-LOG'] }, () => {
  it('of one address at full speed are a line a second and a summary', () => {
    const { lines, clock, come, go } = limited()
    // 1190 sessions a second, for a minute.
    for (let n = 0; n < 71_400; n++) {
      come('192.0.2.1')
      go('192.0.2.1')
      if (n % 119 === 118) clock.advance(100)
    }
    clock.advance(10_000)
    expect(lines.length).toBeLessThanOrEqual(6 * 21 + 21)
    expect(lines.filter(plain).length + suppressedIn(lines)).toBe(142_800)
    const summary = lines.find(({ suppressed }) => suppressed !== undefined)
    const counts = Object.values(summary?.kinds ?? {})
    expect(Object.keys(summary?.kinds ?? {})).toEqual([
      'session created',
      'session removed: teardown',
    ])
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(summary?.suppressed)
    expect(summary).toMatchObject({ address: '192.0.2.1', level: 30 })
  })

  it('of another address are logged meanwhile', () => {
    const { lines, come } = limited()
    for (let n = 0; n < 5000; n++) come('192.0.2.1')
    come('192.0.2.2')
    expect(lines.at(-1)).toMatchObject({ msg: 'session created', address: '192.0.2.2' })
  })

  it('of a network of 64 bits count together, those of its neighbour apart', () => {
    const { lines, clock, come } = limited()
    for (let n = 0; n < 300; n++) come(`2001:db8:0:7::${n.toString(16)}`)
    expect(lines).toHaveLength(10)
    come('2001:db8:0:8::1')
    expect(lines).toHaveLength(11)
    clock.advance(10_000)
    expect(lines.at(-1)).toMatchObject({ address: '2001:db8:0:7::/64', suppressed: 290 })
  })

  it('of many kinds are 40 lines of an address', () => {
    const { lines, refuse } = limited()
    for (let n = 0; n < 1000; n++) refuse(`reason ${n % 60}`)
    expect(lines).toHaveLength(40)
  })

  it.each([
    ['50,000 addresses of IPv4', (n: number) => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`],
    ['50,000 networks of IPv6', (n: number) => `2001:db8:${n.toString(16)}:1::1`],
  ])('of %s are bounded in lines and in memory', (_, addressOf) => {
    const { lines, clock, come } = limited()
    for (let n = 0; n < 50_000; n++) come(addressOf(n))
    expect(lines).toHaveLength(400)
    clock.advance(10_000)
    expect(lines.length).toBeLessThanOrEqual(411)
    expect(lines.filter(plain).length + suppressedIn(lines)).toBe(50_000)
    expect(lines.at(-1)?.addresses).toBeLessThanOrEqual(1000)
  })

  it('without a peer are limited by kind alone', () => {
    const { lines, repeats } = limited()
    for (let n = 0; n < 1000; n++) repeats.write('error', `fault ${n % 8}`, '', {})
    expect(lines).toHaveLength(80)
  })

  it('are each written or counted, whoever causes them', { tags: 'generator' }, () => {
    const event = fc.record({
      host: fc.integer({ min: 0, max: 1500 }),
      kind: fc.integer({ min: 0, max: 20 }),
      count: fc.integer({ min: 1, max: 60 }),
      pause: fc.integer({ min: 0, max: 12_000 }),
    })
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const { lines, clock, repeats, refuse } = limited()
        let sum = 0
        for (const { host, kind, count, pause } of events) {
          for (let n = 0; n < count; n++)
            refuse(`reason ${kind}`, `10.0.${host >> 8}.${host & 255}`)
          sum += count
          clock.advance(pause)
        }
        repeats.close()
        expect(lines.filter(plain).length + suppressedIn(lines)).toBe(sum)
        expect(clock.pendingTimers).toBe(0)
      }),
      { numRuns: 50 },
    )
  })
})
