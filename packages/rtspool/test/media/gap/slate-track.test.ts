import { expect, it } from 'vitest'
import { Media } from '../../../src/media/media.js'
import { constructMedia } from '../../../src/media/media-factory.js'
import { h264 } from '../../../src/media/push/index.js'
import { gopCacheDefaults, resolveGopCache } from '../../../src/media/track/gop-cache-options.js'
import { sequenceNumberOf, ssrcOf } from '../../../src/rtp/index.js'
import { createMediaDescription, createSessionDescription } from '../../../src/sdp/index.js'
import { picture } from '../../support/nal-stream.js'
import { closeAfterTest } from '../../support/open-things.js'
import { rtpPacket } from '../../support/test-server.js'
import { nextTurn } from '../../support/until.js'
import { liveMedia } from '../push/live-scene.js'

it('leaves the packets of a live media to its other media, each with a header of its own', async () => {
  const { clock, live, tracks } = liveMedia({ tracks: [h264()] })
  const gopCache = resolveGopCache(gopCacheDefaults)
  const writePicture = (index: number): void => {
    clock.advance(40)
    tracks[0].writeAccessUnit(picture('h264', index))
  }
  writePicture(0)
  const mounted = await constructMedia(live.factory, { path: '/m', query: undefined }, { clock })
  const cameras = [100, 101].map((payloadType) => {
    const description = createSessionDescription({ originId: 1, address: '0.0.0.0', name: 'cam' })
    description.media.push(
      createMediaDescription({ kind: 'video', encoding: 'H264', payloadType, clockRate: 90_000 }),
    )
    const source = { description, start: () => {}, close: () => {} }
    const [lingerMs, holdMs] = [Number.POSITIVE_INFINITY, 60_000]
    const slate = () => () => live.openSource()
    const media = new Media('/cam', source, { clock, lingerMs, holdMs, slate, gopCache })
    closeAfterTest({ close: () => media.end() })
    const numbers = { ssrc: payloadType, sequenceNumber: payloadType * 100, timestamp: 1 }
    media.tracks[0]?.receive(rtpPacket({ ...numbers, payloadType, payload: Buffer.from([0x65]) }))
    media.sourceAway()
    return media
  })
  await nextTurn(5)
  for (let index = 10; index < 13; index++) writePicture(index)
  await nextTurn(2)
  const seen = [...cameras, mounted].map(({ tracks: [track] }) => {
    const packets = [...(track?.recentPackets() ?? [])]
    return {
      count: packets.length,
      payloadTypes: [...new Set(packets.map((packet) => (packet[1] ?? 0) & 0x7f))],
      ssrcs: [...new Set(packets.map(ssrcOf))],
      steps: [...new Set(packets.map((packet, at) => sequenceNumberOf(packet) - at))],
    }
  })
  expect(seen.map(({ count }) => count)).toEqual([3, 3, 3])
  expect(seen.map(({ payloadTypes }) => payloadTypes)).toEqual([[100], [101], [96]])
  expect(seen.map(({ steps }) => steps.length)).toEqual([1, 1, 1])
  expect(seen.slice(0, 2).map(({ ssrcs }) => ssrcs)).toEqual([[100], [101]])
  expect(seen[2]?.ssrcs).toHaveLength(1)
  expect(seen[2]?.ssrcs).not.toContain(100)
  expect(seen[2]?.ssrcs).not.toContain(101)
})
