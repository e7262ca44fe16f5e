import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { expect, it, onTestFinished } from 'vitest'
import { closeSource } from '../../src/media/close-source.js'
import { constructMedia, MediaFactory } from '../../src/media/media-factory.js'
import { ManualClock } from '../../src/testing/manual-clock.js'
import { TestSource } from '../support/test-source.js'
import { nextTurn } from '../support/until.js'

/** What is published about sources that did not close, until the test ends. */
function failures(): unknown[] {
  const heard: unknown[] = []
  const listener = (message: unknown): void => void heard.push(message)
  subscribe('rtspool:source-close-failed', listener)
  onTestFinished(() => void unsubscribe('rtspool:source-close-failed', listener))
  return heard
}

const sourceThat = (close: () => void | Promise<void>) => Object.assign(new TestSource(), { close })

it('publishes the error of a source that cannot be closed, and continues', async () => {
  const heard = failures()
  const error = new Error('camera already gone')
  const clock = new ManualClock()
  const throwing = sourceThat(() => {
    throw error
  })
  await closeSource(throwing, '/a', clock)
  await closeSource(
    sourceThat(() => Promise.reject(error)),
    '/b',
    clock,
  )
  expect(heard).toEqual([
    { path: '/a', error },
    { path: '/b', error },
  ])
})

it('a source that never closes is given up after 10 s', async () => {
  const heard = failures()
  const clock = new ManualClock()
  const closing = closeSource(
    sourceThat(() => new Promise(() => {})),
    '/cam',
    clock,
  )
  clock.advance(9_999)
  expect(heard).toEqual([])
  clock.advance(1)
  await closing
  expect(heard).toMatchObject([{ path: '/cam', error: { message: /longer than 10000 ms/ } }])
  expect(clock.pendingTimers).toBe(0)
})

it('publishes nothing about a source that closes in time', async () => {
  const heard = failures()
  const clock = new ManualClock()
  await closeSource(new TestSource(), '/cam', clock)
  await closeSource(
    sourceThat(async () => {}),
    '/cam',
    clock,
  )
  expect([heard, clock.pendingTimers]).toEqual([[], 0])
})

it('ending a media waits for its source, even if another call already ends it', async () => {
  let closed = (): void => {}
  const source = sourceThat(() => new Promise((resolve) => (closed = resolve)))
  const factory = new MediaFactory(() => source)
  const media = await constructMedia(
    factory,
    { path: '/cam', query: undefined },
    { clock: new ManualClock() },
  )
  void media.end()
  let isOver = false
  const ended = media.end().then(() => (isOver = true))
  await nextTurn()
  expect(isOver).toBe(false)
  closed()
  await ended
})
