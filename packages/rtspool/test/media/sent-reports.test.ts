import { describe, expect, it } from 'vitest'
import { SentReports } from '../../src/media/sent-reports.js'

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

  it('B-RTCP draws instants that lie back up to 125 ms, and can hardly be guessed', () => {
    const sent = new SentReports()
    const shifts = Array.from({ length: 10_000 }, () => sent.drawShiftMs())
    expect(Math.min(...shifts)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...shifts)).toBeLessThan(125)
    // Of 8192 values, 10,000 draws leave out about 8192 / e^1.22 = 2417.
    expect(new Set(shifts).size).toBeGreaterThan(5_400)
    // Neighbouring values differ in what a viewer echoes: one tick of `lsr` is 1000/65536 ms.
    expect(125 / 8192).toBeCloseTo(1000 / 65_536, 10)
  })
})
