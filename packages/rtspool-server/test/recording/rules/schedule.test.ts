import { describe, expect, it } from 'vitest'
import { isScheduled, isTimes } from '../../../src/recording/rules/schedule.js'
import { TimeZone } from '../../../src/recording/time-zone.js'

const berlin = new TimeZone('Europe/Berlin')
/** Sunday, 29 November 2026. */
const sunday = (hour: number, minute = 0): number => Date.UTC(2026, 10, 29, hour, minute)

describe('times of the week', () => {
  it.for([
    ['daily 08:00-18:00', sunday(7), true],
    ['daily 08:00-18:00', sunday(6, 59), false],
    ['daily 08:00-18:00', sunday(17), false],
    ['mon-fri 08:00-18:00', sunday(9), false],
    ['sat-mon 08:00-18:00', sunday(9), true],
    ['wed,sun 00:00-24:00', sunday(22, 59), true],
    ['wed,sun 00:00-24:00', sunday(23), false],
    ['sat 22:00-06:00', sunday(4, 59), true],
    ['sat 22:00-06:00', sunday(5), false],
    ['sun 22:00-06:00', sunday(4), false],
  ] as const)('on the clock of Berlin: %s', ([text, at, isOn]) => {
    expect(isScheduled([text], at, berlin)).toBe(isOn)
  })

  it('are any of a list, and all without a list', () => {
    expect(isScheduled(['mon 08:00-09:00', 'sun 08:00-09:00'], sunday(7, 30), berlin)).toBe(true)
    expect(isScheduled([], sunday(3), berlin)).toBe(true)
  })

  it('follow the clock where it changes', () => {
    const text = ['sun 03:00-04:00']
    // On 25 October 2026 the clock goes back from 3:00 to 2:00.
    expect(isScheduled(text, Date.UTC(2026, 9, 25, 1, 30), berlin)).toBe(false)
    expect(isScheduled(text, Date.UTC(2026, 9, 25, 2, 30), berlin)).toBe(true)
  })

  it.for([
    ['mon-fri 22:00-06:00', true],
    ['daily 00:00-24:00', true],
    ['noday 08:00-09:00', false],
    ['mon 8:00-9:00', false],
    ['mon 25:00-26:00', false],
    ['mon 08:60-09:00', false],
    ['mon 24:00-06:00', false],
    ['mon-fri-sun 08:00-09:00', false],
    ['08:00-09:00', false],
    ['', false],
  ] as const)('have a form: %s %s', ([text, isOne]) => {
    expect(isTimes(text)).toBe(isOne)
  })
})
