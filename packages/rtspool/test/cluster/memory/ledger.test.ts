import { describe, expect, it } from 'vitest'
import type { BeatRequest, JoinRequest } from '../../../src/cluster/cluster-store.js'
import { Ledger } from '../../../src/cluster/memory/ledger.js'
import { clusterStoreDefaults } from '../../../src/cluster/store-options.js'

const start = Date.UTC(2026, 0, 1)
const epoch = `nonce a-${start}`
const joinOf = (tag: string, rest: Partial<JoinRequest> = {}): JoinRequest => ({
  tag,
  nonce: `nonce ${tag}`,
  info: '{}',
  claims: [],
  ...rest,
})
const beatOf = (tag: string, seq: number, rest: Partial<BeatRequest> = {}): BeatRequest => ({
  tag,
  epoch,
  seq,
  answeredSeq: 0,
  answeredFlushSeq: 0,
  live: 0,
  claims: [],
  banCursor: '',
  ...rest,
})
const flushOf = (tag: string, seq: number, rest: object = {}) => ({
  ...{ tag, epoch, seq, puts: [], removals: [], events: [] },
  ...rest,
})

function ledgerOf(...tags: string[]): Ledger {
  const ledger = new Ledger({ ...clusterStoreDefaults, leaseMs: 1000, graceMs: 1000, warmMs: 400 })
  for (const tag of tags) ledger.join(joinOf(tag), start)
  return ledger
}

/** Lets the others beat until a node that is silent has died. */
function letDie(ledger: Ledger, survivor: string): number {
  let seq = 0
  for (let at = 0; at <= 2400; at += 400) ledger.beat(beatOf(survivor, ++seq), start + at)
  return seq
}

describe('Ledger', () => {
  it('gives a join the same answer again, and nobody else the tag', () => {
    const ledger = ledgerOf()
    const request = joinOf('a', { claims: [{ key: 'pool', target: 2, max: 3 }] })
    const reply = { status: 'ok', epoch, credits: [2] }
    expect(ledger.join(request, start)).toEqual(reply)
    expect(ledger.join(request, start)).toEqual(reply)
    expect(ledger.join({ ...request, nonce: 'other' }, start)).toEqual({ status: 'taken' })
  })

  it('lets the time stand still while nodes send batches but no beats', () => {
    const ledger = ledgerOf('a', 'b')
    for (let at = 400; at <= 2800; at += 400) ledger.flush(flushOf('a', at), start + at)
    expect(ledger.nodes(start + 2800).map(({ state }) => state)).toEqual(['active', 'active'])
  })

  it('renews the lease with each repetition of a join', () => {
    const ledger = ledgerOf('a', 'b')
    for (let at = 0; at <= 2800; at += 400) {
      ledger.join(joinOf('b'), start + at)
      ledger.beat(beatOf('a', at + 1), start + at)
    }
    expect(ledger.nodes(start + 2800).map(({ state }) => state)).toEqual(['active', 'active'])
  })

  it('has another epoch after a loss of data, though a late copy of the first join founds it', () => {
    const epochs = [start, start + 1].map((at) =>
      new Ledger(clusterStoreDefaults).join(joinOf('a'), at),
    )
    expect(epochs).toMatchObject([{ epoch }, { epoch: `nonce a-${start + 1}` }])
  })

  it('grants only credits that were held before, until it has warmed up', () => {
    const ledger = ledgerOf('a')
    const claim = { key: 'pool', target: 1, max: 3 }
    const held = { key: 'user u', target: 1, max: 3, isHeld: true }
    const early = ledger.beat(beatOf('a', 1, { claims: [claim, held] }), start)
    expect(early).toMatchObject({ credits: [0, 1], isStarving: false })
    const later = ledger.beat(beatOf('a', 2, { claims: [claim] }), start + 400)
    expect(later).toMatchObject({ credits: [1] })
  })

  it('tells every node that one is short of credits, for half a lease', () => {
    const ledger = ledgerOf('a', 'b')
    const claims = [{ key: 'pool', target: 2, max: 1 }]
    ledger.beat(beatOf('a', 1, { claims }), start + 400)
    expect(ledger.beat(beatOf('b', 1), start + 899)).toMatchObject({ isStarving: true })
    expect(ledger.beat(beatOf('b', 2), start + 900)).toMatchObject({ isStarving: false })
  })

  it.each([
    { name: 'of another epoch', request: beatOf('a', 1, { epoch: 'x' }), status: 'epoch' },
    { name: 'of an unknown node', request: beatOf('x', 1), status: 'epoch' },
    { name: 'that was overtaken', request: beatOf('a', 0), status: 'stale' },
  ])('refuses a beat $name', ({ request, status }) => {
    expect(ledgerOf('a').beat(request, start)).toEqual({ status })
  })

  it('declares a silent node dead after lease and grace, and lets one other remove its remains', () => {
    const ledger = ledgerOf('a', 'b', 'c')
    ledger.flush(flushOf('b', 1, { puts: [{ publicId: 'x', value: 'v' }] }), start)
    let seq = 0
    for (let at = 0; at <= 2000; at += 400) {
      expect(ledger.beat(beatOf('a', ++seq), start + at)).toMatchObject({ reap: undefined })
      ledger.beat(beatOf('c', seq), start + at)
    }
    expect(ledger.nodes(start + 2000).map(({ state }) => state)).toEqual([
      'active',
      'suspect',
      'active',
    ])
    expect(ledger.beat(beatOf('a', ++seq), start + 2001)).toMatchObject({ reap: 'b' })
    expect(ledger.beat(beatOf('c', seq), start + 2001)).toMatchObject({ reap: undefined })
    expect(ledger.beat(beatOf('b', 1), start + 2001)).toEqual({ status: 'fenced' })
    expect(ledger.flush(flushOf('b', 2), start + 2001)).toEqual({ status: 'fenced' })
    expect(ledger.join(joinOf('b'), start + 2001)).toEqual({ status: 'taken' })
    const request = { tag: 'a', epoch, dead: 'b' }
    expect(ledger.reap(request, start)).toEqual({ status: 'ok', isDone: true })
    expect(ledger.reap(request, start)).toEqual({ status: 'ok', isDone: true })
    expect(ledger.directory.removals(undefined, 100)).toMatchObject([
      { publicId: 'x', reason: 'nodeLost' },
    ])
    expect(ledger.nodes(start).map(({ tag }) => tag)).toEqual(['a', 'c'])
    expect(ledger.join(joinOf('b'), start + 2001)).toEqual({ status: 'taken' })
  })

  it.each([{ answeredSeq: 3 }, { answeredFlushSeq: 2 }])(
    'begins a new epoch when a node knows later replies than the ledger: %o',
    (answered) => {
      const ledger = ledgerOf('a', 'b')
      const claims = [{ key: 'pool', target: 3, max: 3 }]
      ledger.beat(beatOf('a', 1, { claims }), start + 400)
      ledger.flush(flushOf('a', 1, { puts: [{ publicId: 'x', value: 'v' }] }), start + 400)
      const known = { answeredSeq: 1, answeredFlushSeq: 1 }
      expect(ledger.beat(beatOf('a', 2, known), start + 500)).toMatchObject({ status: 'ok' })
      const late = beatOf('a', 4, { ...known, ...answered, claims })
      expect(ledger.beat(late, start + 600)).toEqual({ status: 'epoch' })
      expect(ledger.beat(beatOf('b', 1), start + 600)).toEqual({ status: 'epoch' })
      expect(ledger.nodes(start + 600).map(({ state }) => state)).toEqual(['dead', 'dead'])
      expect(ledger.join(joinOf('a'), start + 600)).toEqual({ status: 'taken' })
      const again = ledger.join(joinOf('c', { claims }), start + 600)
      expect(again).toEqual({ status: 'ok', epoch: `a-${start + 600}`, credits: [3] })
      const early = {
        epoch: `a-${start + 600}`,
        claims: [{ key: 'user u', target: 1, max: 1 }],
      }
      expect(ledger.beat(beatOf('c', 1, early), start + 999)).toMatchObject({ credits: [0] })
      expect(ledger.beat(beatOf('c', 2, early), start + 1000)).toMatchObject({ credits: [1] })
    },
  )

  it('begins a new epoch when a node that it does not know knows the epoch', () => {
    const requests = [
      (ledger: Ledger) => ledger.beat(beatOf('x', 1), start + 1),
      (ledger: Ledger) => ledger.flush(flushOf('x', 1), start + 1),
      (ledger: Ledger) => ledger.reap({ tag: 'x', epoch, dead: 'y' }, start + 1),
    ]
    for (const send of requests) {
      const ledger = ledgerOf('a')
      expect(send(ledger)).toEqual({ status: 'epoch' })
      expect(ledger.beat(beatOf('a', 1), start + 1)).toEqual({ status: 'epoch' })
      expect(ledger.nodes(start + 1)).toMatchObject([{ tag: 'a', state: 'dead' }])
      expect(ledger.join(joinOf('x'), start + 1)).toMatchObject({ epoch: `x-${start + 1}` })
    }
  })

  it('declares no node dead when none of them could reach it', () => {
    const ledger = ledgerOf('a', 'b')
    ledger.beat(beatOf('a', 1), start)
    ledger.beat(beatOf('a', 2), start + 60_000)
    expect(ledger.nodes(start + 60_000).map(({ state }) => state)).toEqual(['active', 'active'])
  })

  it('carries out a batch once, and none that was overtaken', () => {
    const ledger = ledgerOf('a')
    const entry = { publicId: 'x', value: 'v' }
    const event = { key: 'user u', count: 1, windowMs: 1000 }
    const both = { puts: [entry], removals: [{ ...entry, reason: 'teardown' }], events: [event] }
    expect(ledger.flush(flushOf('a', 2, both), start)).toEqual({ status: 'ok', totals: [1] })
    expect(ledger.flush(flushOf('a', 2, both), start)).toEqual({ status: 'ok', totals: [1] })
    expect(ledger.directory.removals(undefined, 100)).toHaveLength(1)
    ledger.flush(flushOf('a', 1, { puts: [entry] }), start)
    expect(ledger.directory.list('a')).toEqual([])
  })

  it('gives the credits of a node that leaves to others at once', () => {
    const ledger = ledgerOf('a')
    const claims = [{ key: 'pool', target: 1, max: 1 }]
    ledger.join(joinOf('b', { claims }), start)
    expect(ledger.beat(beatOf('a', 1, { claims }), start + 400)).toMatchObject({ credits: [0] })
    ledger.leave('b', 'another epoch')
    ledger.leave('b', epoch)
    const reply = ledger.beat(beatOf('a', 2, { claims }), start + 400)
    expect(reply).toMatchObject({ credits: [1], reap: 'b' })
  })

  it('reserves a dead node again when the one that was to remove it has gone silent', () => {
    const ledger = ledgerOf('a', 'b')
    let seq = letDie(ledger, 'a')
    const replies: unknown[] = []
    for (let at = 2800; at <= 8400; at += 400) {
      const reply = ledger.beat(beatOf('a', ++seq), start + at)
      replies.push('reap' in reply ? reply.reap : reply.status)
    }
    expect(replies.filter((reap) => reap === 'b')).toHaveLength(1)
  })
})
