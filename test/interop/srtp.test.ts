import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import {
  createMediaDescription,
  createSessionDescription,
  MediaFactory,
  type MediaOutput,
  type MediaSource,
  type RtspServerOptions,
} from 'rtspool'
import { afterEach, describe, expect, test } from 'vitest'
import { playWithFfmpeg, playWithGstreamer } from './support/players.js'
import { endPrograms, Program, until } from './support/process.js'
import { gstreamerPlayer, requirePrograms } from './support/programs.js'
import type { Transport } from './support/publishers.js'
import { published, type RunningLibrary, startServer, testClip } from './support/server.js'

const certificates = new URL('../../packages/rtspool/test/support/certificates/', import.meta.url)
const read = (name: string) => readFileSync(new URL(name, certificates))
const certificate = { key: read('first.key.pem'), cert: read('first.cert.pem') }
const suites = [
  'AES_CM_128_HMAC_SHA1_80',
  'AES_CM_128_HMAC_SHA1_32',
  'AEAD_AES_128_GCM',
  'AEAD_AES_256_GCM',
] as const
const transports = ['udp', 'tcp'] as const

let running: RunningLibrary
let url: string

async function start(
  srtp: (typeof suites)[number] = 'AES_CM_128_HMAC_SHA1_80',
  options: RtspServerOptions = {},
) {
  running = await startServer({ tls: { port: 0, ...certificate, srtp }, ...options })
  url = `rtsps://127.0.0.1:${running.server.tlsAddress().port}`
}

afterEach(async () => {
  await endPrograms()
  await running.close()
})

/** A stream of a session, as far as it matters here. */
interface Stream {
  readonly security?: object
  readonly reception?: object
}

const streams = (): Stream[] =>
  running.server.pool
    .filter()
    .flatMap((session) => session.filter())
    .flatMap(({ transports }) => [...transports.values()] as Stream[])

/**
 * GStreamer 1.22 cuts the tags of RTCP to 32 bits as well, where RFC 3711 section 5.2 has 80: it drops our reports
 * and we drop its.
 */
const isKnown = (suite: string, line: string): boolean =>
  suite === 'AES_CM_128_HMAC_SHA1_32' &&
  /srtpdec .*(Error authentication packet|unprotect failed)/.test(line)

/** Publishes the pictures of the test clip. */
function publishSecurely(location: string, transport: Transport): Program {
  return new Program('gst-launch-1.0', [
    ...['-q', 'filesrc', `location=${testClip}`, '!', 'qtdemux', '!', 'queue', '!', 'h264parse'],
    ...['!', 'rtspclientsink', `location=${location}`, `protocols=${transport}`, 'profiles=savp'],
    'tls-validation-flags=0',
  ])
}

describe.each(suites)('%s', { tags: ['A-SRT-3', 'A-SRT-4', 'R-7'] }, (suite) => {
  test.for(transports)('GStreamer decodes 3 s over %s', async (transport, context) => {
    requirePrograms(context, ...gstreamerPlayer, 'gst srtpdec')
    await start(suite)
    const playing = playWithGstreamer({ url: `${url}/test`, transport, seconds: 3 })
    expect(await until(() => streams().length === 2)).toBe(true)
    expect(streams().every(({ security }) => security !== undefined)).toBe(true)
    const result = await playing
    expect(result.errors.filter((line) => !isKnown(suite, line))).toEqual([])
    expect(result.videoFrames).toBeGreaterThanOrEqual(60)
    expect(result.audioFrames).toBeGreaterThanOrEqual(100)
  })
})

test('the reports of GStreamer are authentic', { tags: ['A-SRT-3', 'B-SRTP'] }, async (context) => {
  requirePrograms(context, ...gstreamerPlayer, 'gst srtpenc')
  await start()
  const playing = playWithGstreamer({ url: `${url}/test`, transport: 'udp', seconds: 8 })
  const areHeard = () => streams().some(({ reception }) => reception !== undefined)
  expect(await until(areHeard)).toBe(true)
  expect((await playing).errors).toEqual([])
})

test.for(transports)(
  'rtspclientsink publishes with SRTP over %s, ffmpeg plays without, GStreamer with it',
  { tags: 'A-SRT-3' },
  async (transport, context) => {
    requirePrograms(context, 'ffmpeg', ...gstreamerPlayer, 'gst rtspclientsink', 'gst srtpenc')
    await start()
    const publisher = publishSecurely(`${url}/live/clip`, transport)
    await published(running.server, '/live/clip')
    expect(streams().every(({ security }) => security !== undefined)).toBe(true)
    const [plain, secure] = await Promise.all([
      playWithFfmpeg({
        ...{ url: `${running.url}/live/clip`, transport: 'tcp', seconds: 3, timedByCount: true },
      }),
      playWithGstreamer({
        url: `${url}/live/clip`,
        transport: 'udp',
        seconds: 3,
        codecs: { video: 'h264', audio: null },
      }),
    ])
    expect(publisher.stderr).toBe('')
    for (const { errors, videoFrames } of [plain, secure]) {
      expect(errors).toEqual([])
      expect(videoFrames).toBeGreaterThanOrEqual(50)
    }
  },
)

test('GStreamer plays on over the end of the sequence numbers, and joins after it', {
  tags: 'A-SRT-6',
}, async (context) => {
  requirePrograms(context, 'ffmpeg', ...gstreamerPlayer)
  await start()
  const source = new RtpSource()
  running.server.mounts.add('/wrap', new MediaFactory(() => source))
  const options = {
    url: `${url}/wrap`,
    transport: 'udp',
    codecs: { video: 'h264', audio: null },
  } as const
  const over = playWithGstreamer({ ...options, seconds: 5 })
  expect(await until(() => source.hasWrapped)).toBe(true)
  const after = await playWithGstreamer({ ...options, seconds: 3 })
  for (const { errors, videoFrames } of [await over, after]) {
    expect(errors).toEqual([])
    expect(videoFrames).toBeGreaterThanOrEqual(60)
  }
})

test.for(['AES_CM_128_HMAC_SHA1_80', 'AEAD_AES_128_GCM'] as const)(
  'GStreamer follows when they begin anew between its DESCRIBE and its PLAY: %s',
  { tags: 'A-SRT-6' },
  async (suite, context) => {
    requirePrograms(context, 'ffmpeg', ...gstreamerPlayer)
    const source = new RtpSource()
    let sessions = 0
    const onAdmit = async () => {
      // The first one makes the source run; the second one has its description then.
      if (++sessions > 1) await until(() => source.hasWrapped)
      return true
    }
    await start(suite, { pool: { onAdmit } })
    running.server.mounts.add('/wrap', new MediaFactory(() => source))
    const options = { url: `${url}/wrap`, codecs: { video: 'h264', audio: null } } as const
    const over = playWithGstreamer({ ...options, transport: 'tcp', seconds: 10 })
    expect(await until(() => source.hasBegun)).toBe(true)
    const described = await playWithGstreamer({ ...options, transport: 'udp', seconds: 5 })
    await over
    expect(sessions).toBe(2)
    expect(described.videoFrames).toBeGreaterThanOrEqual(60)
    // From the packet that leads on to the stream is a gap.
    const isGap = (line: string) => /rtpsource .*(unacceptable seqnum|probation)/.test(line)
    expect(described.errors.filter((line) => !isGap(line))).toEqual([])
  },
)

/** What ffmpeg sends as plain RTP, with sequence numbers that begin anew after about two seconds. */
class RtpSource implements MediaSource {
  readonly description = createSessionDescription({ originId: 1, address: '0.0.0.0', name: ' ' })
  hasBegun = false
  hasWrapped = false
  readonly #socket = createSocket('udp4')
  #program: Program | undefined

  constructor() {
    this.description.media.push(
      createMediaDescription({
        ...{ kind: 'video', payloadType: 96, encoding: 'H264', clockRate: 90_000 },
        fmtp: 'packetization-mode=1',
      }),
    )
  }

  async start({ tracks }: MediaOutput): Promise<void> {
    const listening = once(this.#socket, 'listening')
    this.#socket.bind(0, '127.0.0.1')
    await listening
    this.#socket.on('message', (packet) => {
      this.hasBegun = true
      if (packet.readUInt16BE(2) < 1000) this.hasWrapped = true
      tracks[0]?.push(packet)
    })
    const { port } = this.#socket.address()
    this.#program = new Program('ffmpeg', [
      ...['-hide_banner', '-nostdin', '-loglevel', 'error', '-re'],
      ...['-f', 'lavfi', '-i', 'testsrc=size=320x240:rate=25', '-c:v', 'libx264', '-g', '25'],
      ...['-tune', 'zerolatency', '-x264-params', 'repeat-headers=1', '-pix_fmt', 'yuv420p'],
      ...['-f', 'rtp', '-seq', '65400', '-payload_type', '96', `rtp://127.0.0.1:${port}`],
    ])
  }

  async close(): Promise<void> {
    await this.#program?.stop()
    this.#socket.close()
  }
}
