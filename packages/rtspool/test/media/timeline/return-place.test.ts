import { describe, expect, it } from 'vitest'
import { CommonJump } from '../../../src/media/timeline/common-jump.js'
import { ReturnPlaces } from '../../../src/media/timeline/return-place.js'
import { SourceClock } from '../../../src/media/timeline/source-clock.js'
import { TrackTime } from '../../../src/media/timeline/track-time.js'
import { TrackTimeline } from '../../../src/media/timeline/track-timeline.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'

const clockRate = 90_000

/** A track that was sent for a second, from RTP timestamp 0 on, and whose source has reported its time. */
function sentTrack() {
  const clock = new ManualClock()
  const sourceClock = new SourceClock()
  const time = new TrackTime({ clock, clockRate, sourceClock, awaitsReport: true })
  const timeline = new TrackTimeline({
    ...{ place: { path: '/cam', track: 0, address: undefined }, clock, time, clockRate },
    ...{ jump: new CommonJump(), policy: 'continuous', isSeekable: false },
  })
  const startMs = clock.unixTimeMs()
  time.report(startMs, 0, clock.now())
  for (let picture = 0; picture < 25; picture++) {
    timeline.place({ ssrc: 1, sequenceNumber: picture, timestamp: picture * 3_600 })
    time.noteArrival(picture * 3_600)
    clock.advance(40)
  }
  const places = new ReturnPlaces({ clockRate, clock, time, timeline, sourceClock })
  return { clock, places, startMs }
}

describe('the place of a source that returns', () => {
  it('is that of its clock, if this continues the clock before', () => {
    const { clock, places, startMs } = sentTrack()
    clock.advance(4_000)
    // A picture of 300 ms ago, in a report that arrives 20 ms late.
    const stated = {
      unixMs: startMs + 4_980,
      rtpTime: 700_000,
      clockMs: clock.now(),
      isReport: true,
    }
    const place = places.ofLeader(stated, 700_000 - 280 * 90)
    expect(place).toEqual({ at: 4_700 * 90, present: 5_000 * 90 })
  })

  it.each([150, -150, 3_600_000])('is its age, if its clock is %i ms ahead', (aheadMs) => {
    const { clock, places, startMs } = sentTrack()
    clock.advance(4_000)
    const unixMs = startMs + 5_000 + aheadMs
    const stated = { unixMs, rtpTime: 700_000, clockMs: clock.now(), isReport: true }
    const place = places.ofLeader(stated, 700_000 - 300 * 90)
    expect(place).toEqual({ at: 4_700 * 90, present: 5_000 * 90 })
    // Further tracks follow that clock.
    expect(places.ofFollower(stated, 700_000 + 90)?.at).toBe(5_001 * 90)
  })

  it.each([-20_000, 5_000])('is its arrival, if the report says %i ms after it', (afterMs) => {
    const { clock, places, startMs } = sentTrack()
    clock.advance(4_000)
    const unixMs = startMs + 9_000_000
    const stated = { unixMs, rtpTime: 700_000, clockMs: clock.now(), isReport: true }
    expect(places.ofLeader(stated, 700_000 + afterMs * 90)?.at).toBe(5_000 * 90)
  })
})
