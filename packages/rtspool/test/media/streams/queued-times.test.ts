import { describe, expect, it } from 'vitest'
import { QueuedTimes } from '../../../src/media/streams/queued-times.js'
import { rtpPacket } from '../../support/test-server.js'

const clockRate = 90_000
const packetAt = (timestamp: number) => rtpPacket({ sequenceNumber: 1, timestamp })

/** Times of a track whose present time is `offsetMs` plus the timestamp; `undefined` = it knows none. */
function timesOf() {
  const present: { offsetMs: number | undefined; asked: number } = { offsetMs: 0, asked: 0 }
  const times = new QueuedTimes({
    clockRate,
    unixTimeMsAt: (timestamp = 0) => {
      present.asked++
      return present.offsetMs === undefined ? undefined : present.offsetMs + timestamp / 90
    },
  })
  return { times, present }
}

describe('times of queued packets', () => {
  it('are those of the arrival, for the units of this packet and of the one before', () => {
    const { times, present } = timesOf()
    const arrived = [9000, 9000, 18_000].map((timestamp) => times.ofArrival(packetAt(timestamp)))
    expect([arrived, present.asked]).toEqual([[100, 100, 200], 2])
    present.offsetMs = 1e6
    times.noteQueued(packetAt(9000), arrived[0])
    expect(times.ofUnit(9000)).toBe(100)
    times.noteQueued(packetAt(18_000), arrived[2])
    expect([times.ofUnit(9000), times.ofUnit(18_000)]).toEqual([100, 200])
    // Further units of one packet, such as frames of sound.
    expect(times.ofUnit(18_900)).toBe(210)
  })

  it('are those of the present if none was known, or the packet did not wait', () => {
    const { times, present } = timesOf()
    present.offsetMs = undefined
    const arrived = times.ofArrival(packetAt(9000))
    expect(arrived).toBeUndefined()
    present.offsetMs = 5
    times.noteQueued(packetAt(9000), arrived)
    expect(times.ofUnit(9000)).toBe(105)
    times.noteQueued(packetAt(18_000), 777)
    expect([times.ofUnit(9000), times.ofUnit(18_000)]).toEqual([105, 777])
    times.noteDirect()
    expect([times.ofUnit(9000), times.ofUnit(18_000)]).toEqual([105, 205])
  })
})
