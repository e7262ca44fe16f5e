import { describe, expect, it } from 'vitest'
import type {
  BeatReply,
  BeatRequest,
  FlushRequest,
  JoinRequest,
} from '../../../src/cluster/cluster-store.js'
import {
  ClusterMember,
  type ClusterMemberOptions,
  type PartitionPolicy,
} from '../../../src/cluster/node/cluster-member.js'

const pool = { key: 'pool', max: 10 }
const okReply = (request: BeatRequest): BeatReply => ({
  status: 'ok',
  credits: request.claims.map(({ target }) => target),
  ...{ isStarving: false, version: 1, reap: undefined },
  ...{ bans: [], banCursor: '', isBanReset: false, hasMoreBans: false },
})

function memberOf(policy: PartitionPolicy = 'keep') {
  let tags = 0
  let nonces = 0
  const fenced: number[] = []
  const member = new ClusterMember({
    ...{ info: '{}', policy, leaseMs: 1000, spareCredits: 0, overdraft: 2, maxPendingRemovals: 10 },
    createTag: () => `tag ${++tags}`,
    createNonce: () => `nonce ${++nonces}`,
    onFenced: () => fenced.push(fenced.length),
  })
  const join = (sentAt: number, now = sentAt) => {
    const request = member.joinRequest() as JoinRequest
    const credits = request.claims.map(({ target }) => target)
    member.joinAnswered(request, { status: 'ok', epoch: request.nonce, credits }, sentAt, now)
    return request
  }
  const beat = (now: number, reply: (request: BeatRequest) => BeatReply = okReply) => {
    const request = member.beatRequest(now) as BeatRequest
    member.beatAnswered(request, reply(request), now, now)
    return request
  }
  /** A member with one session. */
  const joined = () => {
    join(0)
    member.tryTake([pool], 0)
    beat(0)
    expect(member.tryTake([pool], 0)).toBeUndefined()
    member.journal.put('x', 'v')
  }
  return { member, fenced, join, beat, joined }
}

describe('ClusterMember', () => {
  it.each([
    { change: { info: '' }, error: /info/ },
    { change: { policy: 'loose' }, error: /'keep' or 'strict', got 'loose'/ },
    { change: { leaseMs: 0 }, error: /leaseMs/ },
    { change: { spareCredits: -1 }, error: /spareCredits/ },
    { change: { overdraft: -1 }, error: /overdraft/ },
    { change: { maxPendingRemovals: Number.NaN }, error: /maxPendingRemovals/ },
    { change: { createTag: 'tag' }, error: /createTag/ },
    { change: { onFenced: undefined }, error: /onFenced/ },
    { change: { lease: 1 }, error: /lease/ },
  ])('refuses the options %o', ({ change, error }) => {
    const options = {
      ...{
        info: '{}',
        policy: 'keep',
        leaseMs: 1,
        spareCredits: 0,
        overdraft: 0,
        maxPendingRemovals: 0,
      },
      ...{ createTag: () => 'tag', createNonce: () => 'nonce', onFenced: () => {} },
    }
    expect(() => new ClusterMember({ ...options, ...change } as ClusterMemberOptions)).toThrow(
      error,
    )
  })

  it('repeats a join until it is answered, under another tag if the first is taken', () => {
    const { member, join } = memberOf()
    const first = member.joinRequest() as JoinRequest
    expect(member.joinRequest()).toBe(first)
    expect([member.state, member.beatRequest(0), member.flushRequest(0)]).toEqual([
      'joining',
      undefined,
      undefined,
    ])
    member.joinAnswered(first, { status: 'taken' }, 0, 0)
    expect(join(0)).toMatchObject({ tag: 'tag 2', nonce: 'nonce 2' })
    expect([member.state, member.epoch, member.joinRequest()]).toEqual([
      'active',
      'nonce 2',
      undefined,
    ])
    member.joinAnswered(first, { status: 'taken' }, 0, 0)
    expect(member.tag).toBe('tag 2')
  })

  it('ignores the reply to any beat but the last', () => {
    const { member, joined, beat } = memberOf()
    joined()
    const late = member.beatRequest(0) as BeatRequest
    beat(0)
    member.beatAnswered(late, { ...okReply(late), status: 'fenced' } as BeatReply, 0, 0)
    expect(member.state).toBe('active')
  })

  it('joins again under its tag, with its credits, when the ledger has lost its data', () => {
    const { member, joined, join, beat } = memberOf()
    joined()
    beat(0, () => ({ status: 'epoch' }))
    expect(member.state).toBe('joining')
    expect(join(0)).toMatchObject({ tag: 'tag 1', claims: [{ key: 'pool', target: 1 }] })
    expect(member.flushRequest(0)?.puts).toEqual([{ publicId: 'x', value: 'v' }])
  })

  it('joins again under another tag when it was declared dead', () => {
    const { member, joined, join, fenced } = memberOf()
    joined()
    const batch = member.flushRequest(0)
    if (batch !== undefined) member.flushAnswered(batch, { status: 'fenced' })
    expect(join(0).tag).toBe('tag 2')
    expect([member.credits.live('pool'), fenced]).toEqual([1, []])
  })

  it('ends its sessions under strict when 0.9 of the lease are over, and creates none', () => {
    const { member, joined, fenced, beat } = memberOf('strict')
    joined()
    member.checkLease(899)
    expect([fenced, member.state]).toEqual([[], 'active'])
    expect(member.tryTake([pool], 900)).toBe('pool')
    member.checkLease(1000)
    expect([fenced, member.state]).toEqual([[0], 'fenced'])
    beat(1000)
    expect([fenced, member.state]).toEqual([[0], 'active'])
  })

  it('tells which beat and which batch under its tag were answered last', () => {
    const { member, joined, join, beat } = memberOf()
    const answeredOf = ({ answeredSeq, answeredFlushSeq }: BeatRequest) => [
      answeredSeq,
      answeredFlushSeq,
    ]
    joined()
    const batch = member.flushRequest(0) as FlushRequest
    expect(answeredOf(beat(0))).toEqual([1, 0])
    member.flushAnswered(batch, { status: 'ok', totals: [] })
    expect(answeredOf(beat(0, () => ({ status: 'epoch' })))).toEqual([2, 1])
    join(0)
    expect(answeredOf(beat(0))).toEqual([0, 0])
  })

  it('counts a lease from the time before the request was sent', () => {
    const { member, joined, fenced } = memberOf('strict')
    joined()
    const request = member.beatRequest(0) as BeatRequest
    member.beatAnswered(request, okReply(request), 100, 1000)
    expect([fenced, member.state]).toEqual([[0], 'fenced'])
  })

  it('ends its sessions under strict at once when it was declared dead', () => {
    const { joined, fenced, beat } = memberOf('strict')
    joined()
    beat(0, () => ({ status: 'fenced' }))
    expect(fenced).toEqual([0])
  })

  it('goes on with the credits that it holds under keep', () => {
    const { member, joined } = memberOf('keep')
    joined()
    member.credits.release(['pool'])
    expect(member.tryTake([pool], 100_000)).toBeUndefined()
  })

  it('admits clients beyond its credits under keep, from a failure to the next reply', () => {
    const { member, joined, beat } = memberOf()
    const [ann, bob] = [
      { key: 'user ann', max: 5 },
      { key: 'user bob', max: 5 },
    ]
    member.failed()
    // It has never been a member.
    expect(member.tryTake([ann], 0)).toBe('user ann')
    joined()
    expect([member.isAway, member.tryTake([bob], 0)]).toEqual([false, 'user bob'])
    beat(0, (request) => ({ ...okReply(request), credits: request.claims.map(() => 0) }))
    member.failed()
    const answers = [1, 2, 3].map(() => member.tryTake([bob], 0))
    expect([member.isAway, ...answers]).toEqual([true, undefined, undefined, 'user bob'])
    expect(member.tryTake([pool], 0)).toBe('pool')
    beat(0, () => ({ status: 'stale' }))
    expect([member.isAway, member.tryTake([{ key: 'user cy', max: 5 }], 0)]).toEqual([
      false,
      'user cy',
    ])
  })

  it('admits nobody beyond its credits under strict', () => {
    const { member, joined } = memberOf('strict')
    joined()
    member.failed()
    expect(member.tryTake([{ key: 'user ann', max: 5 }], 0)).toBe('user ann')
  })

  it('has the tags that it had before, at most eight', () => {
    const { member, join, beat } = memberOf()
    join(0)
    for (let n = 0; n < 9; n++) {
      beat(0, () => ({ status: 'fenced' }))
      join(0)
    }
    expect(member.tags.map((tag) => Number(tag.slice(4)))).toEqual([10, 9, 8, 7, 6, 5, 4, 3])
  })

  it.each([
    { name: 'when it noticed the loss', statuses: ['epoch'] as const },
    { name: 'when it was fenced before the loss', statuses: ['fenced'] as const },
  ])('reads the bans from the beginning, and returns its own once, $name', ({ statuses }) => {
    const { member, joined, join, beat } = memberOf()
    joined()
    beat(0, (request) => ({
      ...(okReply(request) as Extract<BeatReply, { status: 'ok' }>),
      bans: [{ publicId: 'b', record: '{}', remainingMs: 0 }],
      banCursor: '9.0',
    }))
    for (const status of statuses) beat(0, () => ({ status }))
    join(0)
    expect(member.beatRequest(0)?.banCursor).toBe('')
    expect(member.takeUnknownBans()).toEqual([{ publicId: 'b', record: '{}', durationMs: 0 }])
    expect(member.takeUnknownBans()).toEqual([])
  })

  it('goes on in the list of bans of a ledger that has fenced it, but has its data', () => {
    const { member, joined, beat } = memberOf()
    joined()
    const { epoch } = member
    beat(0, (request) => ({ ...okReply(request), banCursor: '9.0' }) as BeatReply)
    beat(0, () => ({ status: 'fenced' }))
    const request = member.joinRequest() as JoinRequest
    member.joinAnswered(request, { status: 'ok', epoch, credits: [1] }, 0, 0)
    expect(member.beatRequest(0)?.banCursor).toBe('9.0')
    expect(member.takeUnknownBans()).toEqual([])
  })
})
