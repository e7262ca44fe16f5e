import { describe, expect, it } from 'vitest'
import type { BeatRequest } from '../../../src/cluster/cluster-store.js'
import { ClusterAdmission } from '../../../src/cluster/node/cluster-admission.js'
import { ClusterMember } from '../../../src/cluster/node/cluster-member.js'
import { SessionPool } from '../../../src/session-pool/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { nextTurn } from '../../support/until.js'

/** An admission with a ledger that grants `free` credits for each limit. */
function admissionOf(free: number, options = {}) {
  const clock = new ManualClock(0)
  const member = new ClusterMember({
    ...{
      info: '{}',
      policy: 'keep',
      leaseMs: 1000,
      spareCredits: 0,
      overdraft: 0,
      maxPendingRemovals: 10,
    },
    ...{ createTag: () => 'tag', createNonce: () => 'nonce', onFenced: () => {} },
  })
  let asked = 0
  const admission = new ClusterAdmission({
    ...{ member, clock, waitMs: 500, askStore: () => asked++ },
  })
  const pool = new SessionPool<object>({ clock, admission, maxSessions: 9, ...options })
  const join = member.joinRequest()
  if (join) member.joinAnswered(join, { status: 'ok', epoch: 'e', credits: [] }, 0, 0)
  const grant = () => {
    const request = member.beatRequest(clock.now()) as BeatRequest
    const credits = request.claims.map(({ target }) => Math.min(target, free))
    const facts = { isStarving: false, version: 1, reap: undefined, bans: [], banCursor: '' }
    const reply = {
      status: 'ok' as const,
      credits,
      ...facts,
      isBanReset: false,
      hasMoreBans: false,
    }
    member.beatAnswered(request, reply, clock.now(), clock.now())
    admission.retry()
  }
  return { clock, member, admission, pool, grant, asked: () => asked }
}

const pool9 = [{ key: 'pool', max: 9 }]
const ann = { address: '192.0.2.1', user: 'ann' }

describe('ClusterAdmission', () => {
  it('asks the store for a credit that it lacks, and names the limit', () => {
    const { pool, grant, asked } = admissionOf(1)
    expect(() => pool.create()).toThrow(/maxSessions is reached/)
    expect(asked()).toBe(1)
    grant()
    pool.create()
    expect(() => pool.create()).toThrow(/maxSessions/)
  })

  it('keeps a reserved credit for the owner, and gives it to nobody else', async () => {
    const { admission, pool, grant } = admissionOf(1)
    const owner = { ...ann }
    let isReserved = false
    void admission.reserve(owner, pool9, true, undefined).then(() => {
      isReserved = true
    })
    grant()
    await nextTurn()
    expect(isReserved).toBe(true)
    expect(() => pool.create({ owner: { ...ann } })).toThrow(/maxSessions/)
    expect(pool.create({ owner }).owner?.user).toBe('ann')
  })

  it('admits the session of an exempt owner without a credit, and each of its paths', () => {
    const { admission, pool, member } = admissionOf(0, { maxSessionsPerPath: 1 })
    const owner = { ...ann }
    admission.exempt(owner)
    pool.create({ owner, path: '/x' })
    expect(member.credits.live('pool')).toBe(0)
    expect(() => pool.create({ owner: { ...ann } })).toThrow(/maxSessions/)
  })

  it('frees a reservation after 5 s, and at once for a session under other limits', async () => {
    const { admission, pool, grant, clock, member } = admissionOf(1, { maxSessionsPerUser: 1 })
    const owner = { ...ann }
    const reserved = admission.reserve(owner, pool9, true, undefined)
    grant()
    await reserved
    expect(() => pool.create({ owner })).toThrow(/maxSessionsPerUser/)
    expect(member.credits.live('pool')).toBe(0)
    await admission.reserve(owner, pool9, true, undefined)
    expect(member.credits.live('pool')).toBe(1)
    clock.advance(4999)
    admission.retry()
    expect(member.credits.live('pool')).toBe(1)
    clock.advance(1)
    admission.retry()
    expect(member.credits.live('pool')).toBe(0)
  })

  it('ends a wait after its time, at an abort and when it closes, and leaves no timer', async () => {
    const { admission, clock } = admissionOf(0)
    const gone = new AbortController()
    const waits = [
      admission.reserve({ ...ann }, pool9, true, undefined),
      admission.reserve({ ...ann }, pool9, true, gone.signal),
    ]
    expect([admission.waiting, clock.pendingTimers]).toEqual([2, 2])
    gone.abort()
    await waits[1]
    expect(admission.waiting).toBe(1)
    clock.advance(500)
    await waits[0]
    await admission.reserve({ ...ann }, pool9, true, gone.signal)
    await admission.reserve({ ...ann }, pool9, false, undefined)
    const last = admission.reserve({ ...ann }, pool9, true, undefined)
    admission.close()
    await last
    await admission.reserve({ ...ann }, pool9, true, undefined)
    expect([admission.waiting, clock.pendingTimers]).toEqual([0, 0])
  })

  it('counts a further path of a session, until the session leaves', () => {
    const { member, pool, grant } = admissionOf(1, { maxSessions: 0, maxSessionsPerPath: 1 })
    const [one, other] = [pool.create(), pool.create()]
    expect(() => one.manageMedia('/cam', {})).toThrow(/maxSessionsPerPath/)
    grant()
    one.manageMedia('/cam', {})
    expect(member.credits.live('path /cam')).toBe(1)
    expect(() => other.manageMedia('/cam', {})).toThrow(/maxSessionsPerPath/)
    pool.remove(one)
    expect(member.credits.live('path /cam')).toBe(0)
    other.manageMedia('/cam', {})
  })
})
