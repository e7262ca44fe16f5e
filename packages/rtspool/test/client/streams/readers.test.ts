import { describe, expect, it } from 'vitest'
import type { ClientTrack } from '../../../src/client/streams/client-track.js'
import { Readers } from '../../../src/client/streams/readers.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'

/** Readers over TCP, and a sender that sends while it is not held up. */
function readers() {
  const clock = new ManualClock()
  const state = { isFlowing: true, sent: 0 }
  const all = new Readers({
    clock,
    begin: async () => undefined,
    haveAllEnded: () => false,
    isInterleaved: () => true,
    setFlow: (isFlowing) => {
      state.isFlowing = isFlowing
    },
    onEnded: () => undefined,
  })
  const send = (count = 1): void => {
    for (let at = 0; at < count; at++) {
      const packet = Buffer.alloc(1000, state.sent++)
      all.packet({ track: {} as ClientTrack, packet, arrivedAt: 0, replay: undefined })
    }
  }
  return { all, clock, send, state }
}

const limit = { maxQueuedBytes: 10_000 }

describe('readers of one client', () => {
  it('hold up the sender while one of them is full and reads on', async () => {
    const { all, clock, send, state } = readers()
    const slow = all.open(limit)
    const other = all.open(limit)
    send(20)
    expect(state.isFlowing).toBe(false)
    for (let at = 0; at < 20; at++) await other.next()
    const waiting = other.next()
    for (let round = 0; round < 3; round++) {
      await slow.next()
      clock.advance(1000)
      expect(state.isFlowing).toBe(false)
    }
    await slow.return()
    expect(state.isFlowing).toBe(true)
    send()
    expect((await waiting).value?.missedPackets).toBe(0)
    expect(clock.pendingTimers).toBe(0)
  })

  it('do not starve each other when one of them waits and another has stopped', async () => {
    const { all, clock, send, state } = readers()
    const stopped = all.open(limit)
    const other = all.open(limit)
    send(20)
    for (let at = 0; at < 20; at++) await other.next()
    const waiting = other.next()
    clock.advance(1000)
    expect(state.isFlowing).toBe(true)
    send(5)
    expect((await waiting).value?.packet[0]).toBe(20)
    for (let at = 0; at < 20; at++) expect((await stopped.next()).value?.missedPackets).toBe(0)
    send()
    expect((await stopped.next()).value).toMatchObject({ missedPackets: 5 })
    expect(clock.pendingTimers).toBe(0)
  })

  it('hold up the sender without a limit of time when nobody waits', () => {
    const { all, clock, send, state } = readers()
    all.open(limit)
    all.open(limit)
    send(20)
    clock.advance(60_000)
    expect(state.isFlowing).toBe(false)
    all.close(undefined)
    expect(clock.pendingTimers).toBe(0)
  })

  it('let packets through while a request waits for its response, within their limits', async () => {
    const { all, send, state } = readers()
    const queue = all.open(limit)
    send(20)
    let answer: () => void = () => undefined
    const flowing = all.whileFlowing(
      new Promise<void>((resolve) => {
        answer = resolve
      }),
    )
    expect(state.isFlowing).toBe(true)
    send(100)
    answer()
    await flowing
    expect(state.isFlowing).toBe(false)
    for (let at = 0; at < 20; at++) await queue.next()
    expect(state.isFlowing).toBe(true)
    send()
    expect((await queue.next()).value?.missedPackets).toBe(100)
  })
})
