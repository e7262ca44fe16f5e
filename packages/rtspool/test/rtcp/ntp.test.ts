import { describe, expect, test } from 'vitest'
import {
  dlsrFromMs,
  ntpFromUnixMs,
  ntpMiddle32,
  roundTripMs,
  unixMsFromNtp,
} from '../../src/rtcp/index.js'

describe('A-RTC-2: wall-clock time and NTP time', () => {
  test.each([
    { name: '1970', unixMs: 0, seconds: 2208988800, fraction: 0 },
    {
      name: '2000, half a second past',
      unixMs: 946684800500,
      seconds: 3155673600,
      fraction: 2 ** 31,
    },
    {
      name: 'the last second before the era ends in 2036',
      unixMs: Date.UTC(2036, 1, 7, 6, 28, 15),
      seconds: 0xffffffff,
      fraction: 0,
    },
    {
      name: 'the first second of the next era',
      unixMs: Date.UTC(2036, 1, 7, 6, 28, 16),
      seconds: 0,
      fraction: 0,
    },
  ])('$name', ({ unixMs, seconds, fraction }) => {
    expect(ntpFromUnixMs(unixMs)).toEqual({ seconds, fraction })
    expect(unixMsFromNtp({ seconds, fraction })).toBe(unixMs)
  })

  test('go to and fro within a microsecond, and never back', () => {
    let before = -1
    for (let unixMs = 1.7e12; unixMs < 1.7e12 + 3000; unixMs += 3.7) {
      const ntp = ntpFromUnixMs(unixMs)
      expect(ntp.fraction).toBeLessThan(2 ** 32)
      expect(Math.abs(unixMsFromNtp(ntp) - unixMs)).toBeLessThan(0.001)
      const value = ntp.seconds + ntp.fraction / 2 ** 32
      expect(value).toBeGreaterThan(before)
      before = value
    }
  })
})

describe('the round trip that a reception report reveals', () => {
  test('is what remains of the time since the sender report', () => {
    // RFC 3550 figure 2: A = b710:8000, LSR = b705:2000, DLSR = 0005:4000 make 6.125 s.
    const arrival = { seconds: 0xb44db710, fraction: 0x80000000 }
    expect(ntpMiddle32(arrival)).toBe(0xb7108000)
    expect(roundTripMs({ lsr: 0xb7052000, dlsr: 0x00054000 }, arrival)).toBe(6125)
  })

  test('goes across the wrap of the middle bits', () => {
    const arrival = { seconds: 0x00020000, fraction: 0 }
    expect(roundTripMs({ lsr: 0xffff0000, dlsr: 0 }, arrival)).toBe(1000)
  })

  test('is unknown without a sender report, or when the report lies', () => {
    const arrival = { seconds: 10, fraction: 0 }
    expect(roundTripMs({ lsr: 0, dlsr: 0 }, arrival)).toBeUndefined()
    expect(roundTripMs({ lsr: 9 << 16, dlsr: 2 << 16 }, arrival)).toBeUndefined()
  })

  test.each([
    { ms: 0, dlsr: 0 },
    { ms: 1000, dlsr: 65536 },
    { ms: -5, dlsr: 0 },
    { ms: 1e9, dlsr: 0xffffffff },
  ])('$ms ms are $dlsr in dlsr', ({ ms, dlsr }) => {
    expect(dlsrFromMs(ms)).toBe(dlsr)
  })
})
