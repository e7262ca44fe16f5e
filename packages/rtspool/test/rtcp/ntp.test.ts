import { describe, expect, test } from 'vitest'
import { ntpFromUnixMs, ntpMiddle32, unixMsFromNtp } from '../../src/rtcp/index.js'

describe('wall-clock time and NTP time', { tags: 'A-RTC-2' }, () => {
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

  test('convert back and forth within a microsecond, and never decrease', () => {
    let before = -1
    for (let unixMs = 1.7e12; unixMs < 1.7e12 + 3000; unixMs += 3.7) {
      const ntp = ntpFromUnixMs(unixMs)
      const value = ntp.seconds + ntp.fraction / 2 ** 32
      const isSound =
        ntp.fraction < 2 ** 32 && Math.abs(unixMsFromNtp(ntp) - unixMs) < 0.001 && value > before
      if (!isSound) expect.fail(`${unixMs} became ${JSON.stringify(ntp)}`)
      before = value
    }
  })
})

test('the middle 32 bits are the low half of the seconds and the high half of the fraction', {
  tags: 'A-RTC-2',
}, () => {
  // RFC 3550 figure 2: A = b710:8000.
  expect(ntpMiddle32({ seconds: 0xb44db710, fraction: 0x80000000 })).toBe(0xb7108000)
})
