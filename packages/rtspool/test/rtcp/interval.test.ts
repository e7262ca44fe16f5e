import { describe, expect, test } from 'vitest'
import { rtcpIntervalMs } from '../../src/rtcp/index.js'

describe('the time to the next report', { tags: 'A-RTC-1' }, () => {
  const compensation = 1.21828

  test.each([
    { name: 'shortest', initial: false, randomNumber: 0, ms: 2500 / compensation },
    { name: 'longest', initial: false, randomNumber: 1 - 2 ** -53, ms: 7500 / compensation },
    { name: 'shortest first', initial: true, randomNumber: 0, ms: 1250 / compensation },
    { name: 'longest first', initial: true, randomNumber: 1 - 2 ** -53, ms: 3750 / compensation },
  ])('$name', ({ ms, ...options }) => {
    expect(rtcpIntervalMs(options)).toBeCloseTo(ms, 1)
  })

  test('the first report is due within 5 s', () => {
    expect(rtcpIntervalMs({ initial: true, randomNumber: 1 })).toBeLessThan(5000)
  })

  test('another minimum scales it', () => {
    const options = { initial: false, randomNumber: 0.5, minimumMs: 1218.28 }
    expect(rtcpIntervalMs(options)).toBeCloseTo(1000, 1)
  })
})
