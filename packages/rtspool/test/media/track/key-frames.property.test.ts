import { expect, it } from 'vitest'
import { sequenceNumberOf } from '../../../src/rtp/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { seededRandom } from '../../rtp/random-bytes.js'
import { TrackViewer, videoTrack } from '../../support/track-viewer.js'
import { nextTurn } from '../../support/until.js'
import { styleOf, VideoStream } from '../../support/video-stream.js'

const styles = 150

it('a new viewer begins with the last key frame and all that precedes it, however it is written', {
  tags: ['M-C', 'M-D', 'generator'],
}, () => {
  for (let seed = 0; seed < styles; seed++) {
    const stream = new VideoStream(styleOf(seed))
    const track = videoTrack(stream.style.encoding)
    let lastKey = 0
    for (let picture = 0; picture < 15; picture++) {
      for (const each of stream.next()) {
        track.push(each.packet)
        if (each.beginsKeyFrame) lastKey = stream.packets.indexOf(each)
      }
      const expected = stream.packets.slice(lastKey).map(({ sequenceNumber }) => sequenceNumber)
      const recent = track.recentPackets().map(sequenceNumberOf)
      expect({ ...stream.style, recent }).toEqual({ ...stream.style, recent: expected })
    }
  }
})

/**
 * Plays a stream to a viewer that is congested now and then, in turns of any length.
 *
 * @returns How often it went on after a gap.
 */
async function playCongested(seed: number, isSecure: boolean): Promise<number> {
  const random = seededRandom(seed + 1000)
  const clock = new ManualClock()
  const stream = new VideoStream(styleOf(seed))
  const track = videoTrack(stream.style.encoding, clock)
  const viewer = new TrackViewer(track, isSecure)
  track.addReader(viewer.reader)
  for (let picture = 0; picture < 30; picture++) {
    for (const each of stream.next()) {
      track.push(each.packet)
      if (random() < 0.2) viewer.isCongested = random() < 0.4
      if (random() < 0.6) continue
      await nextTurn()
      clock.advance(5)
    }
  }
  track.removeReader(viewer.reader)
  const order = new Map(stream.packets.map((each, index) => [each.sequenceNumber, index]))
  const indexes = viewer.received.map((number) => order.get(number) ?? Number.NaN)
  const resumed = indexes.filter((index, at) => index !== (indexes[at - 1] ?? -1) + 1)
  const wrong = resumed.filter((index) => !stream.packets[index]?.beginsKeyFrame)
  expect({ ...stream.style, wrong }).toEqual({ ...stream.style, wrong: [] })
  const { packetsOut, packetsDropped } = viewer.reader.counters
  expect(packetsOut).toBe(indexes.length)
  expect(packetsOut + packetsDropped).toBe(stream.packets.length)
  return resumed.length
}

it.each([
  ['as it is', false],
  ['with SRTP', true],
])(
  'a slow viewer continues at a key frame with its leads, sent %s',
  { tags: ['M-C', 'M-D', 'generator'] },
  async (_, isSecure) => {
    let gaps = 0
    for (let seed = 0; seed < styles; seed++) gaps += await playCongested(seed, isSecure)
    expect(gaps).toBeGreaterThan(styles)
  },
)
