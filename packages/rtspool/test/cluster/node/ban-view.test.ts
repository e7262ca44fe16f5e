import { expect, it } from 'vitest'
import type { BanChange, BeatReply } from '../../../src/cluster/cluster-store.js'
import { BanView } from '../../../src/cluster/node/ban-view.js'

const reply = (
  bans: BanChange[],
  isBanReset = false,
  hasMoreBans = false,
): Extract<BeatReply, { status: 'ok' }> => ({
  ...{ status: 'ok', credits: [], isStarving: false, version: 1, reap: undefined },
  ...{ bans, banCursor: '7.0', isBanReset, hasMoreBans },
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

it('discards bans that a new list lacks, but not before the end of that list', () => {
  const view = new BanView()
  expect(view.isComplete).toBe(false)
  view.apply(reply([ban('x'), ban('z')]), 0)
  expect(view.isComplete).toBe(true)
  const gone = { publicId: 'x', record: undefined, remainingMs: 0 }
  expect(view.apply(reply([ban('y')], true, true), 0)).toEqual([ban('y')])
  expect([view.isComplete, view.list(0).length]).toEqual([false, 3])
  expect(view.apply(reply([ban('z')]), 0)).toEqual([ban('z'), gone])
  expect(view.list(0).map(({ publicId }) => publicId)).toEqual(['z', 'y'])
  expect(view.apply(reply([]), 0)).toEqual([])
})

it('forgets bans that have ended with each reply', () => {
  const view = new BanView()
  view.apply(reply([ban('x', 100)]), 0)
  view.apply(reply([]), 100)
  expect(view.apply(reply([], true), 100)).toEqual([])
})

it('reads from the beginning after a loss of data, but keeps its bans', () => {
  const view = new BanView()
  view.apply(reply([ban('x')]), 0)
  view.restart()
  expect([view.cursor, view.isComplete]).toEqual(['', false])
  expect(view.list(0)).toHaveLength(1)
})
