import { describe, expect, it } from 'vitest'
import { SessionPool } from '../../../src/index.js'
import { RtspHeaders } from '../../../src/rtsp/index.js'
import { resolveAuthOptions } from '../../../src/server/auth/auth-options.js'
import { Authenticator } from '../../../src/server/auth/authenticator.js'
import type { UnauthorizedRequest } from '../../../src/server/request/request-context.js'
import { parseTarget } from '../../../src/server/request/target.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { digestHeader } from '../../support/credentials.js'
import { nextTurn } from '../../support/until.js'

const uri = 'rtsp://h/priv'
const nonce = 'n'

function start(clock = new ManualClock()) {
  const options = resolveAuthOptions({ users: { u: 'p' } })
  const authenticator = new Authenticator(options, clock, () => {})
  const server = { pool: new SessionPool({ clock }) }
  /** A connection that asks, each time with a password. */
  const connect = (remoteAddress: string) => {
    const closing = new AbortController()
    const connection = { remoteAddress, isSecure: false, closeSignal: closing.signal }
    const ask = (password: string) => {
      const authorization = digestHeader(
        { scheme: 'Digest', realm: 'rtspool', nonce },
        'DESCRIBE',
        uri,
        { password },
      )
      const headers = new RtspHeaders([['Authorization', authorization]])
      return authenticator.authorize({
        server,
        connection,
        claimant: { address: remoteAddress },
        target: parseTarget(uri),
        request: { kind: 'request', method: 'DESCRIBE', uri, version: '1.0', headers },
      } as unknown as UnauthorizedRequest)
    }
    return { ask, close: () => closing.abort() }
  }
  return { authenticator, connect, clock }
}

describe('guessing', () => {
  it('of 1,000 guesses over 10 connections of a host, 60 a minute are looked at', {
    tags: 'B-BRUTE',
  }, async () => {
    const { authenticator, connect, clock } = start()
    let answered = 0
    const guessers = Array.from({ length: 10 }, () => connect('192.0.2.1'))
    const guessing = guessers.map(async ({ ask }) => {
      for (let n = 0; n < 100; n++) {
        await ask(`guess ${n}`)
        answered++
      }
    })
    const perMinute: number[] = []
    for (let minute = 0; minute < 5; minute++) {
      const before = answered
      for (let step = 0; step < 600; step++) {
        clock.advance(100)
        await nextTurn()
      }
      perMinute.push(answered - before)
    }
    for (const count of perMinute) expect(count).toBeLessThanOrEqual(60)
    expect(answered).toBeGreaterThan(200)
    expect(authenticator.stats()).toMatchObject({ accepted: 0, refused: { wrong: answered } })
    expect(authenticator.stats().waiting).toBeLessThanOrEqual(10)
    // Nobody is in the way of a user at another address: the clock stands still.
    expect(await connect('192.0.2.2').ask('p')).toHaveProperty('refusal.statusCode', 401)
    expect(authenticator.stats().refused.stale).toBe(1)
    for (const guesser of guessers) guesser.close()
    authenticator.close()
    await Promise.allSettled(guessing)
  })

  it('a user at the address of a guesser waits for a turn, and is let in', {
    tags: 'B-BRUTE',
  }, async () => {
    const { authenticator, connect, clock } = start()
    const guessers = Array.from({ length: 10 }, () => connect('192.0.2.1'))
    for (const { ask } of guessers) void ask('x')
    await nextTurn()
    for (const { ask } of guessers) void ask('x').catch(() => {})
    const user = connect('192.0.2.1')
    let isAnswered = false
    const answer = user.ask('p').then(() => {
      isAnswered = true
    })
    for (let ms = 0; ms < 14_000 && !isAnswered; ms += 100) {
      clock.advance(100)
      await nextTurn()
    }
    expect(isAnswered).toBe(true)
    await answer
    // From now on this connection waits no more, however many guess.
    for (let n = 0; n < 100; n++) await user.ask('p')
    expect(authenticator.stats().refused.stale).toBe(101)
    authenticator.close()
  })

  it('2,000 connections that guess: at most 1,000 wait', { tags: 'B-BRUTE' }, async () => {
    const { authenticator, connect } = start()
    const outcomes: string[] = []
    for (let n = 0; n < 2000; n++) {
      void connect(`10.0.${n >> 8}.${n & 255}`)
        .ask('x')
        .then(
          () => outcomes.push('answered'),
          ({ code }) => outcomes.push(code),
        )
    }
    await nextTurn()
    expect(authenticator.stats().waiting).toBe(1000)
    expect(outcomes).toHaveLength(1000)
    const guessers = Array.from({ length: 100 }, () => connect('192.0.2.1'))
    const refused = await Promise.allSettled(guessers.map(({ ask }) => ask('x')))
    const codes = refused.flatMap((result) =>
      result.status === 'rejected' ? [result.reason.code] : [],
    )
    // Their ten attempts are answered at once, the rest is not looked at.
    expect(codes).toEqual(Array(90).fill('ERR_TOO_MANY_ATTEMPTS'))
    authenticator.close()
  })
})
