import { ManualClock } from 'rtspool/testing'
import { describe, expect, it } from 'vitest'
import { LiveTickets } from '../../src/live/live-tickets.js'

describe('tickets for WebSockets', () => {
  const claimant = { path: '/live/door', user: 'ann' }

  it('can be used once', () => {
    const tickets = new LiveTickets(new ManualClock(), 30_000, 10)
    const token = tickets.issue(claimant)
    expect(token).toMatch(/^[\w-]{43}$/)
    expect(tickets.take(`${token}x`)).toBeUndefined()
    expect(tickets.take(token)).toBe(claimant)
    expect(tickets.take(token)).toBeUndefined()
    expect(tickets.size).toBe(0)
  })

  it('expire, and leave nothing behind', () => {
    const clock = new ManualClock()
    const tickets = new LiveTickets(clock, 30_000, 10)
    const [first, second] = [tickets.issue(claimant), tickets.issue(claimant)]
    clock.advance(30_000)
    expect(tickets.take(first)).toBeUndefined()
    const third = tickets.issue(claimant)
    expect(tickets.size).toBe(1)
    expect([tickets.take(second), tickets.take(third)]).toEqual([undefined, claimant])
  })

  it('are removed with their issuer', () => {
    const tickets = new LiveTickets(new ManualClock(), 30_000, 10)
    const [first, second] = ['a', 'b'].map((issuer) => tickets.issue({ ...claimant, issuer }))
    tickets.removeOf('a')
    expect(tickets.take(first ?? '')).toBeUndefined()
    expect(tickets.take(second ?? '')).toEqual({ ...claimant, issuer: 'b' })
  })

  it('are limited in number: the oldest is dropped', () => {
    const tickets = new LiveTickets(new ManualClock(), 30_000, 2)
    const tokens = [1, 2, 3].map((n) => tickets.issue({ path: `/${n}` }))
    expect(tokens.map((token) => tickets.take(token)?.path)).toEqual([undefined, '/2', '/3'])
  })
})
