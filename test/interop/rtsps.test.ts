import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { settle } from '../../packages/rtspool/test/support/until.js'
import { playWithFfmpeg, playWithGstreamer } from './support/players.js'
import { endPrograms } from './support/process.js'
import { gstreamerPlayer, requirePrograms } from './support/programs.js'
import { publishWithFfmpeg, publishWithGstreamer } from './support/publishers.js'
import { published, type RunningLibrary, startServer } from './support/server.js'

const certificates = new URL('../../packages/rtspool/test/support/certificates/', import.meta.url)
const read = (name: string) => readFileSync(new URL(name, certificates))

const players = [
  { player: 'ffmpeg', needs: ['ffmpeg'], play: playWithFfmpeg },
  { player: 'GStreamer', needs: gstreamerPlayer, play: playWithGstreamer },
]
const publishers = [
  { publisher: 'ffmpeg', needs: ['ffmpeg'], start: publishWithFfmpeg },
  {
    publisher: 'GStreamer',
    needs: ['gst rtspclientsink', 'gst h264parse'],
    start: publishWithGstreamer,
  },
]

describe('RTSP over TLS', { tags: 'A-TLS-1' }, () => {
  let running: RunningLibrary
  let url: string
  beforeAll(async () => {
    running = await startServer({
      tls: { port: 0, key: read('first.key.pem'), cert: read('first.cert.pem') },
    })
    url = `rtsps://127.0.0.1:${running.server.tlsAddress().port}`
  })
  afterAll(async () => {
    await endPrograms()
    await running.close()
  })

  test.concurrent.for(players)('$player decodes 3 s', async ({ needs, play }, context) => {
    requirePrograms(context, ...needs)
    const result = await play({ url: `${url}/test`, transport: 'tcp', seconds: 3 })
    expect(result.errors).toEqual([])
    expect(result.videoFrames).toBeGreaterThanOrEqual(60)
    expect(result.audioFrames).toBeGreaterThanOrEqual(100)
  })

  test.for(publishers)(
    '$publisher publishes, ffmpeg plays',
    async ({ publisher, needs, start }, context) => {
      requirePrograms(context, 'ffmpeg', ...needs)
      const path = `/live/${publisher}`
      const program = start({ url: `${url}${path}`, transport: 'tcp' })
      await published(running.server, path)
      const result = await playWithFfmpeg({
        ...{ url: `${url}${path}`, transport: 'tcp', seconds: 3 },
        timedByCount: true,
      })
      expect(result.errors).toEqual([])
      expect(result.videoFrames).toBeGreaterThanOrEqual(50)
      await program.stop()
    },
  )

  test('ffmpeg plays on while the certificate is replaced', {
    tags: 'A-TLS-3',
  }, async (context) => {
    requirePrograms(context, 'ffmpeg')
    const playing = playWithFfmpeg({ url: `${url}/test`, transport: 'tcp', seconds: 3 })
    await settle(1000, 'the viewer is amid its three seconds then')
    running.server.reloadCertificate({ key: read('second.key.pem'), cert: read('second.cert.pem') })
    const result = await playing
    expect(result.errors).toEqual([])
    expect(result.videoFrames).toBeGreaterThanOrEqual(60)
  })
})
