import { expect, it } from 'vitest'
import type { BanChange, BeatReply } from '../../../src/cluster/cluster-store.js'
import { BanView } from '../../../src/cluster/node/ban-view.js'

const reply = (bans: BanChange[], isBanReset = false): Extract<BeatReply, { status: 'ok' }> => ({
  ...{ status: 'ok', credits: [], isStarving: false, version: 1, reap: undefined },
  ...{ bans, banCursor: '7.0', isBanReset },
})
const ban = (publicId: string, remainingMs = 0) => ({ publicId, record: '{}', remainingMs })

it('keeps bans until they end or are removed', () => {
  const view = new BanView()
  const changes = [ban('x'), ban('y', 100), ban('z')]
  expect(view.apply(reply(changes), 0)).toEqual(changes)
  view.apply(reply([{ publicId: 'z', record: undefined, remainingMs: 0 }]), 0)
  expect(view.cursor).toBe('7.0')
  expect(view.list(40)).toEqual([
    { publicId: 'x', record: '{}', durationMs: 0 },
    { publicId: 'y', record: '{}', durationMs: 60 },
  ])
  expect(view.list(100)).toHaveLength(1)
})

it('discards the bans that it knows when the ledger says so', () => {
  const view = new BanView()
  view.apply(reply([ban('x')]), 0)
  const removed = { publicId: 'x', record: undefined, remainingMs: 0 }
  expect(view.apply(reply([ban('y')], true), 0)).toEqual([removed, ban('y')])
  expect(view.list(0)).toHaveLength(1)
})

it('reads from the beginning after a loss of data, but keeps its bans', () => {
  const view = new BanView()
  view.apply(reply([ban('x')]), 0)
  view.restart()
  expect(view.cursor).toBe('')
  expect(view.list(0)).toHaveLength(1)
})
