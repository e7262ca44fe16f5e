import { describe, expect, it } from 'vitest'
import { StreamClock } from '../../../src/client/publish/stream-clock.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'

const rate = 90_000

describe('the clock of a published stream', () => {
  it('knows nothing before the first packet', () => {
    expect(new StreamClock(new ManualClock(), rate).now()).toBeUndefined()
  })

  it('runs on from the time that the source tells, whatever arrives', () => {
    const clock = new ManualClock()
    const stream = new StreamClock(clock, rate)
    stream.note(7)
    stream.map(1_000_000, 2 ** 32 - rate, clock.now() - 500)
    clock.advance(1500)
    stream.note(55)
    expect(stream.now()).toEqual({ unixMs: 1_002_000, rtpTime: rate })
  })

  it('takes the packet with the least delay, so that late ones change nothing', () => {
    const clock = new ManualClock()
    const stream = new StreamClock(clock, rate)
    // 25 pictures a second; each arrives late by up to 30 ms, every third one at once.
    for (let picture = 0; picture < 500; picture++) {
      clock.advance(picture * 40 + (picture % 3) * 15 - clock.now())
      stream.note((picture * rate) / 25)
    }
    const { rtpTime } = stream.now() ?? { rtpTime: 0 }
    expect(rtpTime / rate).toBeCloseTo(clock.now() / 1000, 6)
  })

  it('follows a source whose clock runs faster', () => {
    const clock = new ManualClock()
    const stream = new StreamClock(clock, rate)
    for (let picture = 0; picture < 25_000; picture++) {
      clock.advance(40)
      stream.note(Math.round((picture * rate * 1.0001) / 25))
    }
    const expected = (24_999 * 1.0001) / 25
    expect((stream.now()?.rtpTime ?? 0) / rate).toBeCloseTo(expected, 2)
  })

  it('begins anew after a jump of the timestamps', () => {
    const clock = new ManualClock()
    const stream = new StreamClock(clock, rate)
    stream.note(0)
    clock.advance(40)
    stream.note(1000 * rate)
    expect(stream.now()?.rtpTime).toBe(1000 * rate)
  })
})
