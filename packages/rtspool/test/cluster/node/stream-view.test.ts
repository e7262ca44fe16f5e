import { expect, it } from 'vitest'
import type { StreamPage } from '../../../src/cluster/cluster-store.js'
import { readPauseMs, StreamView } from '../../../src/cluster/node/stream-view.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { nextTurn } from '../../support/until.js'

const row = { path: '/x', tag: 'a', fence: 7, claim: 1, info: 'rtsp://a' }

function viewOf(answer: (known?: string) => StreamPage | undefined) {
  const clock = new ManualClock()
  const known: (string | undefined)[] = []
  const changes: StreamPage[] = []
  const view = new StreamView({
    clock,
    store: {
      streams: async (version) => {
        known.push(version)
        return answer(version)
      },
    },
    onChange: (page) => changes.push(page),
  })
  return { clock, view, known, changes }
}

it('reads the list again only if it has changed', async () => {
  const page = { version: '1.1', streams: [row] }
  const { view, known, changes } = viewOf((version) => (version === '1.1' ? undefined : page))
  expect([view.version, view.list()]).toEqual(['', []])
  for (let n = 0; n < 2; n++) await view.read()
  expect([known, changes]).toEqual([[undefined, '1.1'], [page]])
  const stream = { path: '/x', tag: 'a', fence: 7, info: 'rtsp://a' }
  expect([view.version, view.list(), view.find('/x'), view.find('/y')]).toEqual([
    ...['1.1', [stream]],
    stream,
    undefined,
  ])
})

it('reads once for all who ask within a pause, and keeps its list when the store fails', async () => {
  let isAway = false
  const { clock, view, known } = viewOf(() => {
    if (isAway) throw new Error('away')
    return { version: `${known.length}`, streams: [row] }
  })
  await Promise.all([view.readSoon(), view.readSoon()])
  isAway = true
  let isDone = false
  void Promise.all([view.readSoon(), view.readSoon()]).then(() => (isDone = true))
  clock.advance(readPauseMs - 1)
  await nextTurn()
  expect([known.length, isDone]).toEqual([1, false])
  clock.advance(1)
  await nextTurn()
  expect([known.length, isDone, view.list().length, clock.pendingTimers]).toEqual([2, true, 1, 0])
})
