import { expect, it } from 'vitest'
import type { LoginContext } from '../../../src/server/auth/login-hook.js'
import { Rechecks } from '../../../src/server/auth/rechecks.js'
import { type Session, SessionPool } from '../../../src/session-pool/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { nextTurn } from '../../support/until.js'

it('ask about each of 2,000 sessions in its interval', { tags: 'B-AUTH0' }, async () => {
  const clock = new ManualClock()
  const pool = new SessionPool({ clock, timeout: 0 })
  const asked = new Map<Session, number>()
  const requests = new Set<unknown>()
  const grant = { user: 'ann', recheckSeconds: 10 }
  const hook = async ({ session, request }: LoginContext) => {
    requests.add(request)
    if (session) asked.set(session as Session, (asked.get(session as Session) ?? 0) + 1)
    return grant
  }
  const rechecks = new Rechecks(
    clock,
    () => hook,
    () => {},
  )
  const request = { method: 'SETUP' } as unknown as LoginContext['request']
  const question = { request, address: '192.0.2.1', path: '/cam', action: 'read' } as LoginContext
  for (let n = 0; n < 2000; n++) rechecks.add(pool.create(), question, grant)
  for (let second = 0; second < 24; second++) {
    clock.advance(1000)
    await nextTurn(5)
  }
  expect(asked.size).toBe(2000)
  expect([...new Set(asked.values())].filter((count) => count < 2 || count > 3)).toEqual([])
  // Headers of the request are not kept.
  expect([...requests]).toEqual([undefined])
  rechecks.close()
  expect(clock.pendingTimers).toBe(0)
})
