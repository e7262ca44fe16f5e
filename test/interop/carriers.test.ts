import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fixedPorts } from './support/fixed-ports.js'
import { type PlayOptions, playWithFfmpeg, playWithGstreamer } from './support/players.js'
import { endPrograms } from './support/process.js'
import { ffmpegTunnels, gstreamerPlayer, requirePrograms } from './support/programs.js'
import { publishWithFfmpeg, publishWithGstreamer } from './support/publishers.js'
import { published, type RunningLibrary, startServer } from './support/server.js'

const certificates = new URL('../../packages/rtspool/test/support/certificates/', import.meta.url)
const read = (name: string) => readFileSync(new URL(name, certificates))

/** `rtsps` is TCP in TLS; TCP, UDP and multicast in the clear are what their names say. */
type Carrier = 'tcp' | 'udp' | 'rtsps' | 'http' | 'https'

const ffmpeg = { player: 'ffmpeg', needs: ['ffmpeg'], play: playWithFfmpeg }
const gstreamer = { player: 'GStreamer', needs: gstreamerPlayer, play: playWithGstreamer }
const tunnels: readonly Carrier[] = ['http', 'https']
// TCP and UDP are in authentication.test.ts.
const players = [
  ...(['rtsps', ...ffmpegTunnels] as const).map((carrier) => ({ ...ffmpeg, carrier })),
  ...(['rtsps', ...tunnels] as const).map((carrier) => ({ ...gstreamer, carrier })),
]

const clientSink = {
  publisher: 'GStreamer',
  needs: ['gst rtspclientsink', 'gst h264parse'],
  start: publishWithGstreamer,
}
const publishers = [
  // FFmpeg 5.1: "only UDP and TCP are supported for output".
  { publisher: 'ffmpeg', needs: [], start: publishWithFfmpeg, carrier: 'rtsps' },
  ...(['rtsps', ...tunnels] as const).map((carrier) => ({ ...clientSink, carrier })),
] as const

describe('Digest with SHA-256 and MD5 on offer, over every carrier', () => {
  let running: RunningLibrary
  const refusals: string[] = []
  const tunnelled: boolean[] = []
  beforeAll(async () => {
    running = await startServer({
      tls: { port: 0, key: read('first.key.pem'), cert: read('first.cert.pem') },
      // Not those of multicast.test.ts, which may run at the same time: players here would hear them.
      multicast: {
        ...{ groups: '239.255.17.0/24', ports: fixedPorts.carriers },
        ...{ interface: '127.0.0.1', ttl: 0 },
      },
      // So short that clients meet stale nonces on the way.
      auth: { users: { u: 'p' }, nonceLifetime: 1 },
    })
    running.server.on('accessRefused', ({ reason }) => void refusals.push(reason))
    running.server.on('connectionOpened', ({ tunnel }) => void tunnelled.push(tunnel !== undefined))
  })
  afterAll(async () => {
    await endPrograms()
    await running.close()
  })

  const overTls = (carrier: Carrier): boolean => carrier === 'rtsps' || carrier === 'https'

  /** The URL and transport of a program. */
  function reach(path: string, carrier: Carrier) {
    const base = overTls(carrier)
      ? `rtsps://u:p@127.0.0.1:${running.server.tlsAddress().port}`
      : `rtsp://u:p@127.0.0.1:${running.port}`
    return { url: `${base}${path}`, transport: carrier === 'rtsps' ? 'tcp' : carrier } as const
  }

  async function expectPlayed(
    play: (options: PlayOptions) => ReturnType<typeof playWithFfmpeg>,
    options: Omit<PlayOptions, 'seconds'>,
  ): Promise<void> {
    const result = await play({ ...options, seconds: 3 })
    expect(result.errors).toEqual([])
    expect(result.videoFrames).toBeGreaterThanOrEqual(60)
    expect(result.audioFrames).toBeGreaterThanOrEqual(100)
  }

  test.for(players)(
    '$player plays over $carrier',
    { tags: 'A-DIG-2' },
    async ({ needs, play, carrier }, context) => {
      requirePrograms(context, ...needs)
      tunnelled.length = 0
      await expectPlayed(play, reach('/test', carrier))
      expect(new Set(tunnelled)).toEqual(new Set([tunnels.includes(carrier)]))
    },
  )

  test('GStreamer plays over multicast', { tags: 'A-DIG-2' }, async (context) => {
    requirePrograms(context, ...gstreamerPlayer)
    const before = running.server.stats().multicast.packetsOut
    const { url } = reach('/test', 'udp')
    const over = { transport: 'multicast', multicastInterface: 'lo' } as const
    await expectPlayed(playWithGstreamer, { url, ...over })
    expect(running.server.stats().multicast.packetsOut - before).toBeGreaterThan(160)
  })

  test.for(publishers)(
    '$publisher publishes over $carrier, ffmpeg plays',
    { tags: 'A-DIG-2' },
    async ({ publisher, needs, start, carrier }, context) => {
      requirePrograms(context, 'ffmpeg', ...needs)
      tunnelled.length = 0
      const path = `/live/${publisher}-${carrier}`
      const program = start(reach(path, carrier))
      await published(running.server, path)
      expect(tunnelled).toEqual([tunnels.includes(carrier)])
      const result = await playWithFfmpeg({ ...reach(path, 'tcp'), seconds: 3, timedByCount: true })
      expect(result.errors).toEqual([])
      expect(result.videoFrames).toBeGreaterThanOrEqual(60)
      await program.stop()
    },
  )

  test('no client was taken for a guesser', () => {
    expect(refusals).not.toContain('wrong')
    expect(refusals).toContain('missing')
  })
})
