import { describe, expect, test } from 'vitest'
import { Pacer } from '../../../src/media/file/pacer.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { nextTurn } from '../../support/until.js'

function setUp(lanes = 1) {
  const clock = new ManualClock()
  const begin = clock.now()
  const sent: string[] = []
  const shifts: number[] = []
  let ended = 0
  const pacer = new Pacer<readonly Buffer[]>({
    clock,
    lanes,
    send: (lane, packets) => {
      for (const packet of packets) sent.push(`${clock.now() - begin}: ${lane} ${packet}`)
    },
    ended: () => ended++,
    shifted: (originMs) => shifts.push(originMs - begin),
  })
  const add = (lane: number, ...times: number[]) => {
    for (const dueMs of times) pacer.add(lane, dueMs, [Buffer.from(`@${dueMs}`)])
  }
  return { clock, pacer, sent, shifts, add, endedCalls: () => ended }
}

/** Returns whether a promise has settled, after everything that can run without time has run. */
async function isSettled(promise: Promise<void>): Promise<boolean> {
  let settled = false
  void promise.then(() => {
    settled = true
  })
  await nextTurn()
  return settled
}

describe('Pacer', () => {
  test('sends each entry at its own time, with interleaved lanes', () => {
    const { clock, pacer, sent, add } = setUp(2)
    add(0, 0, 40, 80)
    add(1, 0, 21, 43)
    pacer.start()
    clock.advance(100)
    expect(sent).toEqual(['0: 0 @0', '0: 1 @0', '21: 1 @21', '40: 0 @40', '43: 1 @43', '80: 0 @80'])
  })

  test('sends nothing before it is started', () => {
    const { clock, pacer, sent, add } = setUp()
    add(0, 0)
    clock.advance(1000)
    expect(sent).toEqual([])
    pacer.start()
    clock.advance(0)
    expect(sent).toEqual(['1000: 0 @0'])
  })

  test('has one timer for any number of entries and lanes', () => {
    const { clock, pacer, add } = setUp(2)
    add(0, 10, 10, 10, 20)
    add(1, 5, 10)
    pacer.start()
    expect(clock.pendingTimers).toBe(1)
    clock.advance(10)
    expect(clock.pendingTimers).toBe(1)
  })

  test('keeps absolute times if each timer fires late', () => {
    const { clock, pacer, sent, add } = setUp()
    add(0, 0, 40, 80, 120)
    pacer.start()
    // Each timer fires 30 ms late.
    for (const ms of [30, 40, 40, 40]) {
      clock.stall(ms)
      clock.advance(0)
    }
    expect(sent).toEqual(['30: 0 @0', '70: 0 @40', '110: 0 @80', '150: 0 @120'])
  })

  test('catches up at once after a stall that is shorter than the largest burst', () => {
    const { clock, pacer, sent, shifts, add } = setUp()
    add(0, 0, 300, 600, 900, 1200)
    pacer.start()
    clock.advance(0)
    clock.stall(1000)
    clock.advance(0)
    expect(sent).toEqual(['0: 0 @0', '1000: 0 @300', '1000: 0 @600', '1000: 0 @900'])
    clock.advance(200)
    expect(sent.at(-1)).toBe('1200: 0 @1200')
    expect(shifts).toEqual([])
  })

  test('skips a longer stall and sends one second at once', () => {
    const { clock, pacer, sent, shifts, add } = setUp()
    add(0, 0, 1000, 1500, 2000, 2500)
    pacer.start()
    clock.advance(0)
    clock.stall(10_000)
    clock.advance(0)
    // The position is now one second after the first overdue entry.
    expect(sent.slice(1)).toEqual(['10000: 0 @1000', '10000: 0 @1500', '10000: 0 @2000'])
    expect(shifts).toEqual([8000])
    clock.advance(500)
    expect(sent.at(-1)).toBe('10500: 0 @2500')
  })

  test('sends a late entry at once', () => {
    const { clock, pacer, sent, add } = setUp()
    add(0, 0)
    pacer.start()
    clock.advance(100)
    add(0, 40)
    clock.advance(0)
    expect(sent).toEqual(['0: 0 @0', '100: 0 @40'])
  })

  test('requests entries until a lane is a second ahead, then when half of that is sent', async () => {
    const { clock, pacer, add } = setUp()
    add(0, 0)
    expect(await isSettled(pacer.wanted(0))).toBe(true)
    add(0, 400, 1000)
    pacer.start()
    const wanted = pacer.wanted(0)
    expect(await isSettled(wanted)).toBe(false)
    clock.advance(400)
    expect(await isSettled(wanted)).toBe(false)
    add(0, 1100)
    clock.advance(700)
    expect(await isSettled(wanted)).toBe(true)
  })

  test('ends once, after all lanes are finished and sent', () => {
    const { clock, pacer, add, endedCalls } = setUp(2)
    add(0, 0, 40)
    add(1, 0)
    pacer.start()
    pacer.finish(0)
    clock.advance(100)
    expect(endedCalls()).toBe(0)
    pacer.finish(1)
    clock.advance(0)
    expect(endedCalls()).toBe(1)
    expect(clock.pendingTimers).toBe(0)
  })

  test('ends with the entry that takes longest, even if another was sent last', () => {
    const { clock, pacer, sent, endedCalls } = setUp(2)
    pacer.add(0, 0, [Buffer.from('long')], 500)
    pacer.add(1, 40, [Buffer.from('short')], 60)
    pacer.finish(0)
    pacer.finish(1)
    pacer.start()
    clock.advance(499)
    expect([sent, endedCalls()]).toEqual([['0: 0 long', '40: 1 short'], 0])
    clock.advance(1)
    expect(endedCalls()).toBe(1)
    expect(clock.pendingTimers).toBe(0)
  })

  test('paused between the last entry and its end, ends after the rest of its time', () => {
    const { clock, pacer, endedCalls } = setUp()
    pacer.add(0, 0, [Buffer.from('last')], 100)
    pacer.finish(0)
    pacer.start()
    clock.advance(30)
    pacer.pause()
    clock.advance(1000)
    expect(endedCalls()).toBe(0)
    pacer.start()
    clock.advance(69)
    expect(endedCalls()).toBe(0)
    clock.advance(1)
    expect(endedCalls()).toBe(1)
  })

  test('after close sends nothing, holds no timer and resolves all waits', async () => {
    const { clock, pacer, sent, add, endedCalls } = setUp()
    add(0, 0, 5000)
    pacer.start()
    const wanted = pacer.wanted(0)
    pacer.close()
    pacer.close()
    expect(await isSettled(wanted)).toBe(true)
    expect(clock.pendingTimers).toBe(0)
    clock.advance(10_000)
    expect(sent).toEqual([])
    expect(endedCalls()).toBe(0)
  })

  test('refuses an unknown lane', () => {
    expect(() => setUp().add(1, 0)).toThrow(RangeError)
  })

  test('paused, sends nothing, and then continues from its position', { tags: 'A-PLY-3' }, () => {
    const { clock, pacer, sent, add } = setUp()
    add(0, 0, 40, 80)
    pacer.start()
    clock.advance(50)
    pacer.pause()
    expect(clock.pendingTimers).toBe(0)
    clock.advance(1000)
    expect(pacer.positionMs).toBe(50)
    expect(pacer.start()).toBe(clock.now() - 50)
    clock.advance(50)
    expect(sent).toEqual(['0: 0 @0', '40: 0 @40', '1080: 0 @80'])
  })

  test('paused while sending, sends no more of the due entries', () => {
    const clock = new ManualClock()
    const sent: string[] = []
    const pacer = new Pacer<string>({
      clock,
      lanes: 1,
      send: (_lane, entry) => {
        sent.push(entry)
        pacer.pause()
      },
      ended: () => {},
    })
    pacer.add(0, 0, 'first')
    pacer.add(0, 0, 'second')
    pacer.start()
    clock.advance(10)
    expect(sent).toEqual(['first'])
    expect(clock.pendingTimers).toBe(0)
  })
})
