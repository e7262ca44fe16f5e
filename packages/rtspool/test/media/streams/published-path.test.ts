import { describe, expect, it } from 'vitest'
import {
  PublishedPath,
  type PublishedPathSettings,
  type Recorder,
} from '../../../src/media/streams/published-path.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { closeAfterTest } from '../../support/open-things.js'
import { cameraDescription } from '../../support/returning-source.js'
import { nextTurn } from '../../support/until.js'

const makeSource = () => ({ description: cameraDescription(), start: () => {}, close: () => {} })

/** A path, and publications that record to it. */
function scene() {
  const clock = new ManualClock()
  const events: string[] = []
  const place = new PublishedPath({
    ...{ path: '/live/cam', clock },
    mount: () => events.push('mounted'),
    unmount: () => events.push('unmounted'),
  })
  const record = async (graceSeconds: number, slateName: string) => {
    const publication: Recorder = { source: makeSource }
    const slate = () => {
      events.push(slateName)
      return makeSource()
    }
    const settings: PublishedPathSettings = { gopCache: undefined, graceSeconds, slate }
    place.enter(publication, settings)
    const media = await place.openMedia(publication)
    if (!media) throw new Error('no media')
    closeAfterTest({ close: () => media.end() })
    return { publication, media }
  }
  return { clock, events, place, record }
}

describe('a publisher that always returns in time', () => {
  it('gets the grace time and the slate that the server has at its return', async () => {
    const { clock, events, place, record } = scene()
    const first = await record(20, 'old slate')
    place.leave(first.publication)
    clock.advance(19_000)
    const second = await record(50, 'new slate')
    expect(second.media).toBe(first.media)
    place.leave(second.publication)
    await nextTurn(3)
    expect(events).toEqual(['mounted', 'old slate', 'new slate'])
    clock.advance(49_999)
    expect(second.media.state).not.toBe('ended')
    clock.advance(1)
    await second.media.end()
    expect(events.at(-1)).toBe('unmounted')
    expect(clock.pendingTimers).toBe(0)
  })

  it('takes its viewers with it once the server has no grace time any more', async () => {
    const { events, place, record } = scene()
    const first = await record(20, 'slate')
    place.leave(first.publication)
    const second = await record(0, 'slate')
    expect(second.media.state).not.toBe('ended')
    place.leave(second.publication)
    await nextTurn(3)
    expect([second.media.state, events.at(-1)]).toEqual(['ended', 'unmounted'])
  })
})
