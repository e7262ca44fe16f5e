import { afterEach, describe, expect, it } from 'vitest'
import { Track } from '../../../src/media/track/track.js'
import { createMediaDescription } from '../../../src/sdp/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { rtpPacket } from '../../support/test-server.js'
import { warningsDuring } from '../../support/warnings.js'

const opened: Track[] = []

afterEach(() => {
  for (const track of opened.splice(0)) track.close()
})

/** A track with a reader whose reports can be seen. */
function createTrack() {
  const description = createMediaDescription({
    kind: 'video',
    payloadType: 96,
    encoding: 'H264',
    clockRate: 90_000,
  })
  const clock = new ManualClock()
  const track = new Track({ index: 0, path: '/cam', description, clock, cname: 'test' })
  opened.push(track)
  const frames: Buffer[] = []
  track.addReader({
    kind: 'interleaved',
    channels: [0, 1],
    counters: { bytesOut: 0, packetsOut: 0, packetsDropped: 0 },
    carrier: {
      writeFrames: (bytes: Buffer) => void frames.push(bytes),
      isCongested: false,
      grant: () => {},
      channels: undefined as never,
    },
  })
  return { track, clock, frames }
}

const noNumbers: readonly unknown[] = [
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, '5', '', null, {}, [], 5n],
  ...[Symbol('time'), () => 5, true, new Date(0)],
]

describe('numbers that a source passes', { tags: 'U-1' }, () => {
  it.each(['ssrc', 'sequenceNumber', 'timestamp'] as const)(
    'startAt refuses a %s that no packet can carry',
    (name) => {
      const { track } = createTrack()
      const position = { ssrc: 1, sequenceNumber: 2, timestamp: 3 }
      const tooLarge = name === 'sequenceNumber' ? 65_536 : 2 ** 32
      for (const value of [...noNumbers, undefined, -1, 1.5, tooLarge, 2 ** 53]) {
        expect(() => track.startAt({ ...position, [name]: value as number })).toThrow(
          new RegExp(`${name} must be an integer from 0 to ${tooLarge - 1}, got `),
        )
      }
      expect(track.position).toBe(undefined)
      track.startAt({ ...position, [name]: tooLarge - 1 })
      expect(track.position).toMatchObject({ [name]: tooLarge - 1 })
    },
  )

  it.each([0, 1, 2])('mapTime with an invalid time changes nothing: argument %i', async (index) => {
    const { track, clock, frames } = createTrack()
    track.push(rtpPacket({ sequenceNumber: 1, timestamp: 90_000, marker: true }))
    const before = track.unixTimeMsAt()
    const warnings = await warningsDuring(() => {
      for (const value of [...noNumbers, ...(index > 0 ? [2 ** 53, -(2 ** 53)] : [])]) {
        const times: unknown[] = [clock.unixTimeMs(), 90_000, clock.now()]
        times[index] = value
        track.mapTime(...(times as [number, number, number]))
      }
    })
    expect(track.unixTimeMsAt()).toBe(before)
    expect(warnings.map(([code]) => code)).toEqual(['RTSPOOL_CALLBACK_FAILED'])
    expect(warnings[0]?.[1]).toContain('mapTime of track 0 of /cam failed: mapTime needs')
    track.sendSenderReport()
    expect(frames.length).toBeGreaterThan(0)
  })
})
