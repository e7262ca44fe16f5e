import { MountPoints } from 'rtspool'
import { ManualClock } from 'rtspool/testing'
import { expect, it } from 'vitest'
import { nextTurn, until } from '../../../rtspool/test/support/until.js'
import { SourceService } from '../../src/sources/source-service.js'
import { execPlan } from './exec/exec-scene.js'

it('starts the program of a source that has come back only when its former program has ended', async () => {
  const shares = { isOwner: true }
  const ends: (() => void)[] = []
  const sources = new SourceService(new MountPoints(), {
    clock: new ManualClock(),
    shares: {
      owns: () => shares.isOwner,
      placeOf: () => ({ url: 'rtsp://127.0.0.1:1/cam' }),
      want: () => {},
    },
    start: (_, listener) => {
      ends.push(() => listener.ended({ code: 0, signal: null, notStarted: undefined }))
      return { pid: ends.length, stop: () => {} }
    },
  })
  const plans = [execPlan({ alwaysOn: true })]
  sources.update(plans)
  expect(sources.statuses).toMatchObject([{ state: 'starting', pid: 1 }])
  sources.update([])
  // The parent names the owner of a path that has been added a moment later.
  shares.isOwner = false
  sources.update(plans)
  shares.isOwner = true
  sources.refresh()
  await nextTurn()
  expect(ends).toHaveLength(1)
  ends[0]?.()
  await until(() => ends.length === 2)
  expect(sources.statuses).toMatchObject([{ state: 'starting', pid: 2 }])
  const closed = sources.close()
  ends[1]?.()
  await closed
})
