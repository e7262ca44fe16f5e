import { describe, expect, it } from 'vitest'
import { sequenceNumberOf, timestampOf } from '../../../src/rtp/index.js'
import { parseRtpInfo, type RtspResponse } from '../../../src/rtsp/index.js'
import { type RtspTestClient, sessionIdOf, type UdpTestPorts } from '../../support/rtsp-client.js'
import { realTimeScene } from '../../support/scene.js'
import { connectTo, openUdpPorts, play, rtpPacket, testSdp } from '../../support/test-server.js'
import { until } from '../../support/until.js'

const h264Sdp = testSdp.replace('X-foo/90000', 'H264/90000')
const framesPerGop = 10
const videoTicks = 3_600 // 25 frames a second
const audioTicks = 960 // 50 packets a second
const videoSsrc = 0x1111_1111
const audioSsrc = 0x2222_2222

/** A publisher of 25 frames a second, three packets each, every tenth a key frame, and of sound. */
class Camera {
  readonly video: Buffer[] = []
  readonly audio: Buffer[] = []
  readonly #client: RtspTestClient
  #frame = 0

  constructor(client: RtspTestClient) {
    this.#client = client
  }

  /** Sends frames; every packet has come through when the publisher's own answer comes back. */
  async send(frames: number): Promise<void> {
    for (let n = 0; n < frames; n++) this.#sendFrame()
    await this.#client.request('OPTIONS', '*')
  }

  /** Index of the first packet of the last key frame. */
  get lastKey(): number {
    return this.video.findLastIndex((packet) => (packet[12] ?? 0) === 0x67)
  }

  #sendFrame(): void {
    const timestamp = (0xfffe_0000 + this.#frame * videoTicks) >>> 0
    const isKey = this.#frame % framesPerGop === 0
    // SPS, start of an IDR fragment, its end; or three pieces of another picture.
    const payloads = isKey
      ? [
          [0x67, 1],
          [0x7c, 0x85, 2],
          [0x7c, 0x45, 3],
        ]
      : [
          [0x7c, 0x81],
          [0x7c, 0x01],
          [0x7c, 0x41],
        ]
    payloads.forEach((bytes, index) => {
      const packet = rtpPacket({
        sequenceNumber: (65_500 + this.video.length) & 0xffff,
        timestamp,
        ssrc: videoSsrc,
        marker: index === 2,
        payload: Buffer.concat([Buffer.from(bytes), Buffer.alloc(300, this.#frame)]),
      })
      this.video.push(packet)
      this.#client.sendFrame(0, packet)
    })
    for (let n = 0; n < 2; n++) {
      const packet = rtpPacket({
        sequenceNumber: (100 + this.audio.length) & 0xffff,
        timestamp: 5_000 + this.audio.length * audioTicks,
        ssrc: audioSsrc,
        payloadType: 97,
        payload: Buffer.alloc(40, this.audio.length),
      })
      this.audio.push(packet)
      this.#client.sendFrame(2, packet)
    }
    this.#frame++
  }
}

async function startCamera(options: {
  readonly nativeSockets?: boolean
  readonly gopCache?: false
}) {
  const { server, url, publisher } = await realTimeScene(options)
    .publisher(['TCP', 'TCP'], '/live/cam', h264Sdp)
    .start()
  return { server, url, camera: new Camera(publisher) }
}

const framesOn = (client: RtspTestClient, channel: number) =>
  client.frames.filter((frame) => frame.channel === channel).map(({ payload }) => payload)

function rtpInfoOf(response: RtspResponse) {
  return parseRtpInfo(response.headers.get('RTP-Info') ?? '')
}

const isSame = (received: readonly Buffer[], sent: readonly Buffer[]) =>
  Buffer.concat(received).equals(Buffer.concat(sent)) && received.length === sent.length

describe.each([
  ['system calls', true],
  ['Node', false],
])('a new viewer begins with the last key frame, sent by %s', (_name, nativeSockets) => {
  it('over TCP: begins as RTP-Info states, then live without a gap or a duplicate', {
    tags: 'A-INF-1',
  }, async () => {
    const { server, url, camera } = await startCamera({ nativeSockets })
    await camera.send(25)
    const viewer = await connectTo(server)
    const { response } = await play(viewer, url)
    const key = camera.lastKey
    await camera.send(7)
    const expected = camera.video.slice(key)
    await until(() => framesOn(viewer, 0).length >= expected.length)
    expect(isSame(framesOn(viewer, 0), expected)).toBe(true)

    const [video, audio] = rtpInfoOf(response)
    const firstVideo = framesOn(viewer, 0)[0] ?? Buffer.alloc(12)
    const firstAudio = framesOn(viewer, 2)[0] ?? Buffer.alloc(12)
    expect([video?.seq, audio?.seq]).toEqual([firstVideo, firstAudio].map(sequenceNumberOf))
    expect(video?.rtptime).toBe(timestampOf(firstVideo))
    expect(timestampOf(firstAudio)).toBeGreaterThanOrEqual(audio?.rtptime ?? 0)
    const received = framesOn(viewer, 2)
    expect(isSame(received, camera.audio.slice(-received.length))).toBe(true)
    expect(received.length).toBeLessThan(camera.audio.length)
  })

  it('over UDP: in portions that fit a small socket, then live', async () => {
    const { server, url, camera } = await startCamera({ nativeSockets })
    await camera.send(27)
    const viewer = await connectTo(server)
    const ports: UdpTestPorts = await openUdpPorts()
    await play(viewer, url, [ports])
    const key = camera.lastKey
    await camera.send(6)
    const expected = camera.video.slice(key)
    await until(() => ports.rtp.length >= expected.length)
    expect(isSame(ports.rtp, expected)).toBe(true)
  })

  it('a paused viewer continues at its pause point, or at the last key frame', {
    tags: 'A-PLY-4',
  }, async () => {
    const { server, url, camera } = await startCamera({ nativeSockets })
    await camera.send(12)
    const viewer = await connectTo(server)
    const { session } = await play(viewer, url, ['TCP'])
    const headers = { Session: session }
    const key = camera.lastKey
    await viewer.request('PAUSE', url, { headers })
    await camera.send(3)
    await viewer.request('PLAY', url, { headers })
    await camera.send(1)
    const continued = camera.video.slice(key)
    await until(() => framesOn(viewer, 0).length >= continued.length)
    expect(isSame(framesOn(viewer, 0), continued)).toBe(true)

    await viewer.request('PAUSE', url, { headers })
    viewer.frames.length = 0
    await camera.send(20)
    await viewer.request('PLAY', url, { headers })
    await camera.send(1)
    const restarted = camera.video.slice(camera.lastKey)
    await until(() => framesOn(viewer, 0).length >= restarted.length)
    expect(isSame(framesOn(viewer, 0), restarted)).toBe(true)
  })
})

describe('pictures precede sound, for any order of SETUP', () => {
  it('over TCP: the key frame and all that follows it, then the sound since', async () => {
    const { server, url, camera } = await startCamera({})
    await camera.send(15)
    const viewer = await connectTo(server)
    let headers: Record<string, string> = {}
    for (const index of [1, 0]) {
      const setup = await viewer.request('SETUP', `${url}/trackID=${index}`, {
        headers: {
          ...headers,
          Transport: `RTP/AVP/TCP;unicast;interleaved=${2 * index}-${2 * index + 1}`,
        },
      })
      headers = { Session: sessionIdOf(setup) }
    }
    await viewer.request('PLAY', url, { headers })
    const pictures = camera.video.length - camera.lastKey
    await until(() => framesOn(viewer, 2).length >= 10)
    const channels = viewer.frames.map(({ channel }) => channel).filter((each) => each % 2 === 0)
    expect(channels.lastIndexOf(0)).toBe(pictures - 1)
    expect(channels.indexOf(2)).toBe(pictures)
  })

  it('over UDP: the sound a portion later', async () => {
    const { server, url, camera } = await startCamera({})
    await camera.send(15)
    const viewer = await connectTo(server)
    const [video, audio] = [await openUdpPorts(), await openUdpPorts()]
    const seen: string[] = []
    video.rtpSocket.on('message', () => seen.push('video'))
    audio.rtpSocket.on('message', () => seen.push('audio'))
    await play(viewer, url, [video, audio])
    await until(() => audio.rtp.length >= 10)
    const pictures = camera.video.length - camera.lastKey
    expect([seen.lastIndexOf('video'), seen.indexOf('audio')]).toEqual([pictures - 1, pictures])
  })
})

describe('a viewer that does not begin with a key frame', () => {
  it('is live at once if nothing is kept', async () => {
    const { server, url, camera } = await startCamera({ gopCache: false })
    await camera.send(13)
    const viewer = await connectTo(server)
    const { response } = await play(viewer, url, ['TCP'])
    const before = camera.video.length
    await camera.send(1)
    await until(() => framesOn(viewer, 0).length >= 3)
    expect(isSame(framesOn(viewer, 0), camera.video.slice(before))).toBe(true)
    expect(rtpInfoOf(response)[0]?.seq).toBe(
      sequenceNumberOf(camera.video[before] ?? Buffer.alloc(12)),
    )
  })

  it('is live at once when it listens to sound only', async () => {
    const { server, url, camera } = await startCamera({})
    await camera.send(13)
    const viewer = await connectTo(server)
    const response = await viewer.request('SETUP', `${url}/trackID=1`, {
      headers: { Transport: 'RTP/AVP/TCP;unicast;interleaved=2-3' },
    })
    const session = response.headers.get('Session')?.split(';')[0] ?? ''
    await viewer.request('PLAY', url, { headers: { Session: session } })
    const before = camera.audio.length
    await camera.send(1)
    await until(() => framesOn(viewer, 2).length >= 2)
    expect(framesOn(viewer, 2).map(sequenceNumberOf)).toEqual(
      camera.audio.slice(before).map(sequenceNumberOf),
    )
    expect(isSame(framesOn(viewer, 2), camera.audio.slice(before))).toBe(true)
  })
})
