import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Track } from '../../../src/media/track/track.js'
import type { UnlistedPacket } from '../../../src/media/track/unlisted-packets.js'
import { sequenceNumberOf } from '../../../src/rtp/index.js'
import { parseSdp } from '../../../src/sdp/index.js'
import { ManualClock } from '../../../src/testing/manual-clock.js'
import { bytesOf } from '../../support/bytes-of.js'
import { closeAfterTest } from '../../support/open-things.js'
import { rtpPacket } from '../../support/test-server.js'
import { TrackViewer } from '../../support/track-viewer.js'
import { nextTurn } from '../../support/until.js'

const messages: UnlistedPacket[] = []
const listener = (message: unknown): void => void messages.push(message as UnlistedPacket)

beforeEach(() => subscribe('rtspool:unlisted-packet', listener))
afterEach(() => {
  unsubscribe('rtspool:unlisted-packet', listener)
  messages.length = 0
})

/** @param media - `m=` and the lines after it. */
function trackOf(...media: string[]): Track {
  const sdp = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's= ', 't=0 0', ...media, ''].join('\r\n')
  const [description] = parseSdp(sdp).media
  if (!description) throw new Error('no media')
  const track = new Track({
    index: 0,
    path: '/cam',
    description,
    clock: new ManualClock(),
    cname: 'test',
    gopCache: { maxBytes: 1_000_000, maxSeconds: 10 },
  })
  closeAfterTest({ close: async () => track.close() })
  return track
}

const h264 = ['m=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000']
const key = '65 88'
const slice = '41 9a'
const sps = '67 42'

/** Pushes packets, each its own frame unless the payload says otherwise. */
function send(track: Track, packets: readonly (readonly [payloadType: number, hex: string])[]) {
  packets.forEach(([payloadType, hex], index) => {
    const isPrefix = hex === sps
    const pushed = track.push(
      rtpPacket({
        sequenceNumber: index,
        timestamp: index * 3600,
        marker: !isPrefix,
        payloadType,
        payload: bytesOf(hex),
      }),
    )
    expect(pushed).toBe(true)
  })
}

const keptBy = (track: Track): number[] => track.recentPackets().map(sequenceNumberOf)

describe('a payload type that the description does not list', { tags: 'U-10' }, () => {
  it.each<{ name: string; media: string[]; types: number[]; unlisted: number }>([
    { name: 'video of one type', media: h264, types: [96, 97, 96, 0], unlisted: 2 },
    {
      name: 'a static type without rtpmap',
      media: ['m=audio 0 RTP/AVP 0'],
      types: [0, 8, 8, 0],
      unlisted: 2,
    },
    {
      name: 'several types, in any order',
      media: ['m=audio 0 RTP/AVP 111 0 101', 'a=rtpmap:111 opus/48000/2'],
      types: [101, 0, 111, 96, 127],
      unlisted: 2,
    },
    {
      name: 'an encoding that nobody knows here',
      media: ['m=application 0 RTP/AVP 107', 'a=rtpmap:107 vnd.onvif.metadata/90000'],
      types: [106, 107, 108],
      unlisted: 2,
    },
    {
      name: 'the lowest and the highest type',
      media: ['m=video 0 RTP/AVP 127 1', 'a=rtpmap:127 H265/90000'],
      types: [127, 1, 0, 126],
      unlisted: 2,
    },
    {
      name: 'a description without payload types: all are allowed',
      media: ['m=application 0 RTP/AVP *'],
      types: [0, 96, 127],
      unlisted: 0,
    },
  ])('$name: is passed on, counted, and told once', async ({ media, types, unlisted }) => {
    const track = trackOf(...media)
    const viewer = new TrackViewer(track, false)
    track.addReader(viewer.reader)
    send(
      track,
      types.map((type) => [type, slice] as const),
    )
    await nextTurn()
    expect(viewer.received).toEqual(types.map((_, index) => index))
    expect([track.unlistedPackets, track.invalidPackets]).toEqual([unlisted, 0])
    const { payloadTypes: expected } = track.description
    const payloadType = types.find((type) => !expected.includes(type))
    expect(messages).toEqual(
      unlisted > 0 ? [{ path: '/cam', track: 0, payloadType, expected }] : [],
    )
  })

  it('is no key frame, whatever its payload looks like', () => {
    const track = trackOf(...h264)
    send(track, [
      [97, key],
      [96, slice],
    ])
    expect(keptBy(track)).toEqual([])
    send(track, [
      [96, key],
      [97, key],
      [96, slice],
      [0, sps],
      [96, slice],
    ])
    expect(keptBy(track)).toEqual([0, 1, 2, 3, 4])
  })

  it('does not come between a key frame and what belongs in front', () => {
    const track = trackOf(...h264)
    send(track, [
      [96, slice],
      [96, sps],
      [97, slice],
      [96, key],
      [96, slice],
    ])
    expect(keptBy(track)).toEqual([1, 2, 3, 4])
  })

  it('retransmissions and redundancy that are described are no key frames, and not counted', () => {
    const track = trackOf(
      ...['m=video 0 RTP/AVP 96 97 98', 'a=rtpmap:96 H264/90000'],
      ...['a=rtpmap:97 rtx/90000', 'a=fmtp:97 apt=96', 'a=rtpmap:98 ulpfec/90000'],
    )
    send(track, [
      [97, key],
      [98, key],
      [96, slice],
    ])
    expect([keptBy(track), track.unlistedPackets, messages]).toEqual([[], 0, []])
  })

  it('two payload types of the same encoding have key frames both', () => {
    const types = ['m=video 0 RTP/AVP 96 97', 'a=rtpmap:96 H264/90000', 'a=rtpmap:97 h264/90000']
    const track = trackOf(...types)
    send(track, [
      [96, slice],
      [97, key],
      [96, slice],
    ])
    expect(keptBy(track)).toEqual([1, 2])
  })
})
