import { describe, expect, it } from 'vitest'
import { ConnectionEnd } from '../../../src/server/connection/connection-end.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'

function start() {
  const clock = new ManualClock()
  const ends: string[] = []
  const connection = { hasSessions: false, isAnswering: false }
  const end = new ConnectionEnd(clock, {
    hasSessions: () => connection.hasSessions,
    isAnswering: () => connection.isAnswering,
    close: () => void ends.push('closed'),
    destroy: () => void ends.push('destroyed'),
  })
  return { clock, ends, connection, end }
}

describe('ConnectionEnd after the last session', () => {
  it('closes when the time of the farewell is over', () => {
    const { clock, ends, end } = start()
    end.sessionRemoved(2000)
    clock.advance(1999)
    expect(ends).toEqual([])
    clock.advance(1)
    expect([ends, clock.pendingTimers]).toEqual([['closed'], 0])
  })

  it('lets a connection stay that has no farewell, or another session', () => {
    const { clock, ends, connection, end } = start()
    end.sessionRemoved(undefined)
    connection.hasSessions = true
    end.sessionRemoved(0)
    end.sessionRemoved(2000)
    connection.hasSessions = false
    expect([ends, clock.pendingTimers]).toEqual([[], 0])
  })

  it('lets a connection stay that has a session again by then', () => {
    const { clock, ends, connection, end } = start()
    end.sessionRemoved(2000)
    connection.hasSessions = true
    clock.advance(2000)
    expect(ends).toEqual([])
  })

  it.each([
    [200, []],
    [404, []],
    [454, ['closed']],
  ])('after an answer of %d within the time: %j', (statusCode, expected) => {
    const { clock, ends, end } = start()
    end.sessionRemoved(2000)
    end.requestBegan()
    expect(end.isLastAnswer(statusCode)).toBe(false)
    clock.advance(2000)
    expect(ends).toEqual(expected)
  })

  it('does not count a request that began before the session left', () => {
    const { clock, ends, end } = start()
    end.requestBegan()
    end.sessionRemoved(2000)
    end.isLastAnswer(200)
    clock.advance(2000)
    expect(ends).toEqual(['closed'])
  })

  it('closes at once where the farewell has no time', () => {
    const { ends, end } = start()
    end.sessionRemoved(0)
    expect(ends).toEqual(['closed'])
  })

  it.each([
    [true, false],
    [false, true],
  ])(
    'lets a request under way be answered: with a new session %s, last %s',
    (hasSessions, last) => {
      const { ends, connection, end } = start()
      connection.isAnswering = true
      end.requestBegan()
      end.sessionRemoved(0)
      connection.hasSessions = hasSessions
      expect([end.isLastAnswer(200), end.isLastAnswer(200), ends]).toEqual([last, false, []])
    },
  )
})

describe('ConnectionEnd of an idle connection', () => {
  it('closes one without a session', () => {
    const { ends, end } = start()
    expect([end.waitsWhenIdle(), ends]).toEqual([false, ['closed']])
  })

  it('lets one with a session stay', () => {
    const { ends, connection, end } = start()
    connection.hasSessions = true
    expect([end.waitsWhenIdle(), ends]).toEqual([false, []])
  })

  it('waits once for each request that is under way', () => {
    const { ends, connection, end } = start()
    connection.isAnswering = true
    expect([end.waitsWhenIdle(), ends]).toEqual([true, []])
    end.isLastAnswer(200)
    expect([end.waitsWhenIdle(), ends]).toEqual([true, []])
    expect([end.waitsWhenIdle(), ends]).toEqual([false, ['closed']])
  })
})

describe('ConnectionEnd of a connection that closes', () => {
  it('gives the peer one second from the first call on', () => {
    const { clock, ends, end } = start()
    end.limitClosing()
    clock.advance(500)
    end.limitClosing()
    clock.advance(499)
    expect(ends).toEqual([])
    clock.advance(1)
    expect([ends, clock.pendingTimers]).toEqual([['destroyed'], 0])
  })

  it('leaves no timer behind', () => {
    const { clock, ends, end } = start()
    end.limitClosing()
    end.sessionRemoved(2000)
    end.cancel()
    clock.advance(5000)
    expect([ends, clock.pendingTimers]).toEqual([[], 0])
  })
})
