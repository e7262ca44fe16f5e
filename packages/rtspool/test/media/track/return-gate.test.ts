import { describe, expect, it } from 'vitest'
import { timestampDistance } from '../../../src/rtp/index.js'
import { createMediaDescription } from '../../../src/sdp/index.js'
import { cameraDescription, runCamera, watchedCamera } from '../../support/returning-source.js'

/** Returns the description of a camera with two tracks of H.264. */
function twoPictures() {
  const description = cameraDescription()
  const h264 = { encoding: 'H264', clockRate: 90_000, fmtp: 'packetization-mode=1' }
  description.media[1] = createMediaDescription({ kind: 'video', payloadType: 97, ...h264 })
  return description
}

describe('a second track of pictures after a change of the source', () => {
  it.each([0, 300, 800])('begins with its first key frame, which is %i ms old', (ageMs) => {
    const camera = watchedCamera({}, twoPictures())
    const { media, clock, viewer } = camera
    const run = (timestamp: number) => ({
      tracks: [10, 20].map((delayMs, index) => ({
        ...{ ssrc: timestamp + index, sequenceNumber: 100, timestamp, delayMs, isVideo: true },
      })),
      ...{ clockAheadMs: 0, reports: true, keyFrameAfter: 0, ageMs },
    })
    for (const track of media.tracks) viewer.play(track)
    runCamera(camera, { ...run(5_000), ageMs: 0 }, 2_000)
    const before = viewer.packets.map(({ length }) => length)
    media.sourceAway()
    clock.advance(40)
    media.sourceBack(twoPictures())
    const returnedMs = clock.now() - ageMs
    runCamera(camera, run(900_000), 2_000)
    for (const [index, packets] of viewer.packets.entries()) {
      const [first] = packets.slice(before[index])
      expect(first).toMatchObject({ unitType: 7, capturedMs: returnedMs })
      for (const [place, { timestamp }] of packets.slice(1).entries()) {
        const ticks = timestampDistance(packets[place]?.timestamp ?? 0, timestamp)
        expect(ticks).toBeGreaterThanOrEqual(0)
      }
    }
  })
})
