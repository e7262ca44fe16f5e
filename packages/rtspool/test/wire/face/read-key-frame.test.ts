import { describe, expect, it } from 'vitest'
import { MediaFactory, type MediaInfo, type RtspServer } from '../../../src/index.js'
import { StoredTestSource } from '../../support/stored-test-source.js'
import { connectTo, play, rtpPacket, startServer, urlOf } from '../../support/test-server.js'
import { pushTo, TestSource } from '../../support/test-source.js'
import { until } from '../../support/until.js'

/** A NAL unit of ten bytes in a packet of its own. */
const packet = (n: number, type: number, timestamp: number, marker: boolean) => {
  const payload = Buffer.alloc(10, n)
  payload.set([type, 0x88])
  return rtpPacket({ sequenceNumber: n, timestamp, marker, payload })
}
const keySlice = 0x65
const otherSlice = 0x41

/** Starts a server with a camera that one viewer plays. */
async function playedCamera(options: { readonly gopCache?: false } = {}) {
  const server = await startServer(options)
  const source = new TestSource()
  server.mounts.add('/cam', new MediaFactory(() => source, { lingerSeconds: 30, ...options }))
  const viewer = await connectTo(server)
  await play(viewer, urlOf(server, '/cam'))
  const push = (...packets: Buffer[]) => {
    for (const each of packets) pushTo([source], 0, each)
  }
  return { server, source, viewer, push, media: mediaOf(server) }
}

function mediaOf({ media }: RtspServer): MediaInfo {
  const [first] = media
  if (!first) throw new Error('no media')
  return first
}

describe('readKeyFrame', () => {
  it('returns the last whole key frame, and joins nothing', async () => {
    const { media, push } = await playedCamera()
    expect(media.readKeyFrame()).toBeUndefined()
    push(packet(1, keySlice, 3000, true), packet(2, otherSlice, 6000, true))
    const [track] = media.tracks
    expect(media.readKeyFrame()).toMatchObject({
      ...{ track, timestamp: 3000, isKeyFrame: true, missedPackets: 0, lostPackets: 0 },
      parts: [packet(1, keySlice, 3000, true).subarray(12)],
    })
    expect(media.readKeyFrame(track)?.timestamp).toBe(3000)
    push(packet(3, keySlice, 9000, true))
    expect(media.readKeyFrame()?.timestamp).toBe(9000)
    expect([track?.readerCount, media.participantCount]).toEqual([1, 2])
  })

  it('returns nothing while a key frame arrives, and has its parts from all packets', async () => {
    const { media, push } = await playedCamera()
    push(packet(1, 0x67, 3000, false), packet(2, 0x68, 3000, false))
    push(packet(3, keySlice, 3000, false))
    expect(media.readKeyFrame()).toBeUndefined()
    // Without a marker, the next picture ends it.
    push(packet(4, otherSlice, 6000, true))
    expect(media.readKeyFrame()?.parts.map(([type]) => type)).toEqual([0x67, 0x68, keySlice])
  })

  it('does not keep a source running after its last viewer', async () => {
    const { server, media, push, viewer } = await playedCamera()
    push(packet(1, keySlice, 3000, true))
    await viewer.close()
    await until(() => media.participantCount === 0)
    expect([media.state, media.readKeyFrame()?.timestamp]).toEqual(['playing', 3000])
    await server.close()
    expect([media.state, media.readKeyFrame()]).toEqual(['ended', undefined])
  })

  it('returns nothing for a track without key frames, and without a cache', async () => {
    const { media } = await playedCamera()
    expect(media.readKeyFrame(media.tracks[1])).toBeUndefined()
    const uncached = await playedCamera({ gopCache: false })
    uncached.push(packet(1, keySlice, 3000, true))
    expect(uncached.media.readKeyFrame()).toBeUndefined()
  })

  it('returns nothing of a stored presentation', async () => {
    const server = await startServer()
    const source = new StoredTestSource()
    server.mounts.add('/file', new MediaFactory(() => source, { shared: false }))
    await play(await connectTo(server), urlOf(server, '/file'))
    source.output?.tracks[0]?.push(packet(1, keySlice, 3000, true))
    expect(mediaOf(server).readKeyFrame()).toBeUndefined()
  })

  it('refuses the track of another media', async () => {
    const [one, other] = [await playedCamera(), await playedCamera()]
    expect(() => one.media.readKeyFrame(other.media.tracks[0])).toThrow(
      'the track belongs to another media: /cam',
    )
  })
})
