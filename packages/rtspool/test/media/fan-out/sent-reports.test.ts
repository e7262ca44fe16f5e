import { describe, expect, it } from 'vitest'
import { SentReports } from '../../../src/media/fan-out/sent-reports.js'

describe('SentReports', () => {
  it('knows when the last two reports were sent, and no others', () => {
    const sent = new SentReports()
    expect(sent.sentAt(0)).toBeUndefined()
    sent.note(11, 1000)
    sent.note(22, 6000)
    expect([sent.sentAt(11), sent.sentAt(22), sent.sentAt(33)]).toEqual([1000, 6000, undefined])
    sent.note(33, 11_000)
    expect([sent.sentAt(11), sent.sentAt(22), sent.sentAt(33)]).toEqual([undefined, 6000, 11_000])
  })

  it('draws instants that lie back up to 125 ms, and can hardly be guessed', {
    tags: 'B-RTCP',
  }, () => {
    const sent = new SentReports()
    const shifts = Array.from({ length: 10_000 }, (_, index) => {
      const unixMs = 1e9 + index * 5000
      return unixMs - sent.nextInstantMs(unixMs, true)
    })
    expect(Math.min(...shifts)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...shifts)).toBeLessThan(125)
    // Of 8192 values, 10,000 draws leave out about 8192 / e^1.22 = 2417.
    expect(new Set(shifts).size).toBeGreaterThan(5_400)
    // Neighbouring values differ in what a viewer echoes: one tick of `lsr` is 1000/65536 ms.
    expect(125 / 8192).toBeCloseTo(1000 / 65_536, 10)
  })

  it('an instant is never earlier than the one before, nor in the future', {
    tags: 'A-RTC-2',
  }, () => {
    const sent = new SentReports()
    let before = 0
    for (let unixMs = 1e9; unixMs < 1e9 + 20_000; unixMs += 7) {
      const instant = sent.nextInstantMs(unixMs, true)
      const isSound = instant >= before && instant > unixMs - 125.001 && instant <= unixMs
      if (!isSound) expect.fail(`${instant} at ${unixMs}, after ${before}`)
      before = instant
    }
    // The source has reported that it is a little behind what was thought.
    expect(sent.nextInstantMs(before - 300, false)).toBe(before)
    expect(sent.nextInstantMs(before + 1, false)).toBe(before + 1)
  })

  it('reports the clock of a source unchanged after it was set back', { tags: 'A-RTC-2' }, () => {
    const sent = new SentReports()
    expect(sent.nextInstantMs(3_600_000, false)).toBe(3_600_000)
    expect(sent.nextInstantMs(1_000, false)).toBe(1_000)
    expect(sent.nextInstantMs(900, false)).toBe(1_000)
  })

  it('a repeated report counts from its last sending, and the one before is still known', () => {
    const sent = new SentReports()
    sent.note(11, 1000)
    sent.note(22, 6000)
    sent.note(22, 6050)
    expect([sent.sentAt(11), sent.sentAt(22)]).toEqual([1000, 6050])
  })
})
