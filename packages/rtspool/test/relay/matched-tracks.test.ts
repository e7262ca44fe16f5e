import { describe, expect, it } from 'vitest'
import { inOrderOf, renumber } from '../../src/relay/matched-tracks.js'
import { payloadTypeOf } from '../../src/rtp/index.js'
import { parseSdp } from '../../src/sdp/index.js'
import { CameraStream, relayScene } from '../support/relay-scene.js'
import type { RtspTestClient } from '../support/rtsp-client.js'
import { cameraSdp, frame } from '../support/scripted-camera.js'
import { rtpPacket } from '../support/test-server.js'
import { advancing, until } from '../support/until.js'

const video = (payloadType: number, sets = 'Zw==,aA==') => [
  `m=video 0 RTP/AVP ${payloadType}`,
  `a=rtpmap:${payloadType} H264/90000`,
  `a=fmtp:${payloadType} packetization-mode=1;sprop-parameter-sets=${sets}`,
]
const opus = (payloadType: number) => [
  `m=audio 0 RTP/AVP ${payloadType}`,
  `a=rtpmap:${payloadType} opus/48000/2`,
]
const g711 = ['m=audio 0 RTP/AVP 8']

const tracksOf = (...media: readonly (readonly string[])[]) => {
  const head = ['v=0', 'o=- 0 0 IN IP4 127.0.0.1', 's=-', 't=0 0']
  const { media: sections } = parseSdp(Buffer.from([...head, ...media.flat(), ''].join('\r\n')))
  return sections.map((description, name) => ({ name, description }))
}
const mediaOf = (...media: readonly (readonly string[])[]) =>
  tracksOf(...media).map(({ description }) => description)
const namesOf = (matched: readonly { readonly track: { readonly name: number } }[]) =>
  matched.map(({ track }) => track.name)

describe('inOrderOf', () => {
  it('finds tracks by codec in another order, with the payload types that viewers have', () => {
    const known = mediaOf(video(96), opus(97), g711)
    const matched = inOrderOf(tracksOf(g711, opus(100), video(101)), known)
    expect(namesOf(matched)).toEqual([2, 1, 0])
    expect(matched.map(({ payloadTypes }) => payloadTypes)).toEqual([
      new Map([[101, 96]]),
      new Map([[100, 97]]),
      undefined,
    ])
    expect(matched.map(({ description }) => description.payloadTypes)).toEqual([[96], [97], [8]])
  })

  it('prefers the track with the same payload type among equal ones, and else their order', () => {
    const known = mediaOf(opus(97), opus(98))
    expect(namesOf(inOrderOf(tracksOf(opus(98), opus(97)), known))).toEqual([1, 0])
    expect(namesOf(inOrderOf(tracksOf(opus(110), opus(111)), known))).toEqual([0, 1])
  })

  it.each([
    ['another number of tracks', [opus(97), video(96), g711]],
    ['other parameters', [opus(97), video(96, 'Zw==,aQ==')]],
    ['another codec', [g711, video(96)]],
  ])('leaves tracks as they are with %s', (_, media) => {
    const matched = inOrderOf(tracksOf(...media), mediaOf(video(96), opus(97)))
    expect(namesOf(matched)).toEqual(media.map((__, index) => index))
    expect(matched.every(({ payloadTypes }) => payloadTypes === undefined)).toBe(true)
  })

  it('leaves tracks as they are without viewers', () => {
    expect(namesOf(inOrderOf(tracksOf(opus(97), video(96)), undefined))).toEqual([0, 1])
  })
})

describe('renumber', () => {
  it('replaces the payload type, and nothing else', () => {
    const one = rtpPacket({ sequenceNumber: 1, payloadType: 101, marker: true })
    renumber(one, new Map([[101, 96]]))
    expect(one).toEqual(rtpPacket({ sequenceNumber: 1, payloadType: 96, marker: true }))
    renumber(one, new Map([[101, 97]]))
    expect(one).toEqual(rtpPacket({ sequenceNumber: 1, payloadType: 96, marker: true }))
  })
})

const packetsOn = ({ frames }: RtspTestClient, channel: number): Buffer[] =>
  frames.filter((each) => each.channel === channel).map(({ payload }) => payload)

describe('a relay', () => {
  it('keeps its viewers when the source returns with its tracks in another order', async () => {
    const lines = cameraSdp.split('\r\n')
    const at = lines.findIndex((line) => line.startsWith('m=audio'))
    const from = lines.findIndex((line) => line.startsWith('m=video'))
    const swapped = [...lines.slice(0, from), ...lines.slice(at, -1), ...lines.slice(from, at), '']
      .join('\r\n')
      .replaceAll('97', '101')
      .replaceAll('96', '100')
    const headers = { 'Content-Type': 'application/sdp' }
    const { camera, clock, relay, removed, watch } = await relayScene({
      answers: {
        DESCRIBE: (_, count) => ({ headers, body: count === 1 ? cameraSdp : swapped }),
      },
    })
    const viewer = await watch()
    const stream = new CameraStream(camera)
    stream.sendKeyFrame()
    stream.sendSound()
    await until(() => packetsOn(viewer, 0).length === 3 && packetsOn(viewer, 2).length === 1)
    for (const socket of camera.sockets) socket.destroy()
    await until(() => camera.of('PLAY').length === 2, advancing(clock, 100))
    // Sound is the first track of the camera now.
    for (const [index, unit] of [0x67, 0x68, 0x65].entries()) {
      const place = { ssrc: 5, sequenceNumber: index, timestamp: 7, marker: unit === 0x65 }
      const payload = Buffer.from([unit, 0x88, 1, 2, 3])
      camera.send(frame(2, rtpPacket({ ...place, payload, payloadType: 100 })))
    }
    await until(() => packetsOn(viewer, 0).length === 6, advancing(clock, 5))
    const sound = { ssrc: 6, sequenceNumber: 9, timestamp: 7, payload: Buffer.from([1, 2, 3]) }
    camera.send(frame(0, rtpPacket({ ...sound, payloadType: 101 })))
    await until(() => packetsOn(viewer, 2).length === 2, advancing(clock, 5))
    expect(relay.status.state).toBe('playing')
    expect(removed).toEqual([])
    expect(packetsOn(viewer, 0).map(payloadTypeOf)).toEqual([96, 96, 96, 96, 96, 96])
    expect(packetsOn(viewer, 2).map(payloadTypeOf)).toEqual([97, 97])
  })
})
