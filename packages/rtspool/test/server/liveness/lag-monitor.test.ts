import { expect, it } from 'vitest'
import { SessionPool } from '../../../src/index.js'
import { LagMonitor, type ViewerGap } from '../../../src/server/liveness/lag-monitor.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'

function setUp() {
  const clock = new ManualClock()
  const pool = new SessionPool({ clock })
  const told: (string | ViewerGap)[] = []
  const monitor = new LagMonitor(clock, {
    fellBehind: () => told.push('behind'),
    caughtUp: (_, gap) => told.push(gap),
  })
  const session = pool.create()
  return { clock, session, told, monitor, turn: () => Promise.resolve() }
}

it('tells once for all tracks of a session, and of the gap in the end', async () => {
  const { clock, session, told, monitor, turn } = setUp()
  const [video, audio] = [monitor.readerLag(session), monitor.readerLag(session)]
  session.stats.packetsDropped = 3
  video.fellBehind()
  expect(told).toEqual([])
  session.stats.packetsDropped = 10
  await turn()
  audio.fellBehind()
  await turn()
  video.caughtUp()
  await turn()
  clock.advance(1500)
  audio.caughtUp()
  await turn()
  expect(told).toEqual(['behind', { packetsDropped: 7, seconds: 1.5 }])
  audio.fellBehind()
  await turn()
  expect(told.at(-1)).toBe('behind')
})

it('tells nothing of a viewer that catches up in the same turn, or has left', async () => {
  const { session, told, monitor, turn } = setUp()
  const lag = monitor.readerLag(session)
  lag.fellBehind()
  lag.caughtUp()
  await turn()
  lag.fellBehind()
  await turn()
  session.end('teardown')
  lag.caughtUp()
  await turn()
  expect(told).toEqual(['behind'])
})
