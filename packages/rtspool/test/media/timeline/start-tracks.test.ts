import { describe, expect, it } from 'vitest'
import { startTracks } from '../../../src/media/timeline/start-tracks.js'
import type { TrackOutput, TrackPosition } from '../../../src/public/track.js'

/** Outputs that note the positions at which they are started. */
function outputs(count: number) {
  const positions: TrackPosition[] = []
  const tracks = Array.from({ length: count }, () => ({
    startAt: (position: TrackPosition) => positions.push(position),
  })) as unknown as TrackOutput[]
  return { tracks, positions }
}

describe('startTracks', () => {
  it('starts each track at the position that it returns', () => {
    const { tracks, positions } = outputs(2)
    const started = startTracks(tracks, ['picture', 'sound'])
    expect(started.map(({ own }) => own)).toEqual(['picture', 'sound'])
    expect(started.map(({ track }) => track)).toEqual(tracks)
    expect(started.map(({ start }) => start)).toEqual(positions)
  })

  it('draws all numbers at random, each within its field of the RTP header', () => {
    const count = 64
    const { tracks, positions } = outputs(count)
    startTracks(tracks, new Array<undefined>(count).fill(undefined))
    const limits = { ssrc: 2 ** 32, sequenceNumber: 2 ** 16, timestamp: 2 ** 32 }
    for (const [name, limit] of Object.entries(limits)) {
      const numbers = positions.map((position) => position[name as keyof TrackPosition])
      expect(new Set(numbers).size, name).toBeGreaterThan(count / 2)
      for (const number of numbers) expect(number >= 0 && number < limit, name).toBe(true)
      expect(
        numbers.some((number) => number >= limit / 4),
        name,
      ).toBe(true)
    }
  })

  it('tells when the media has fewer tracks than the source', () => {
    const { tracks } = outputs(1)
    expect(() => startTracks(tracks, [1, 2])).toThrow('expected 2 tracks, got 1')
  })
})
