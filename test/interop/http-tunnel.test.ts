import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { playWithFfmpeg, playWithGstreamer } from './support/players.js'
import { endPrograms } from './support/process.js'
import { ffmpegTunnels, gstreamerPlayer, requirePrograms } from './support/programs.js'
import { type RunningLibrary, startServer } from './support/server.js'

const certificates = new URL('../../packages/rtspool/test/support/certificates/', import.meta.url)
const read = (name: string) => readFileSync(new URL(name, certificates))

const ffmpeg = { player: 'ffmpeg', needs: ['ffmpeg'], play: playWithFfmpeg }
const gstreamer = { player: 'GStreamer', needs: gstreamerPlayer, play: playWithGstreamer }
const combinations = [
  ...ffmpegTunnels.map((transport) => ({ ...ffmpeg, transport })),
  ...(['http', 'https'] as const).map((transport) => ({ ...gstreamer, transport })),
]

describe('RTSP through HTTP', { tags: ['A-HTP-1', 'A-ONV-2'] }, () => {
  let running: RunningLibrary
  const tunnelled: boolean[] = []
  beforeAll(async () => {
    running = await startServer({
      tls: { port: 0, key: read('first.key.pem'), cert: read('first.cert.pem') },
    })
    running.server.on('connectionOpened', ({ tunnel }) => void tunnelled.push(tunnel !== undefined))
  })
  afterAll(async () => {
    await endPrograms()
    await running.close()
  })

  test.for(combinations)(
    '$player decodes 3 s over $transport',
    async ({ needs, play, transport }, context) => {
      requirePrograms(context, ...needs)
      tunnelled.length = 0
      const { port } = running.server.tlsAddress()
      const base = transport === 'http' ? running.url : `rtsps://127.0.0.1:${port}`
      const result = await play({ url: `${base}/test`, transport, seconds: 3 })
      expect(result.errors).toEqual([])
      expect(result.videoFrames).toBeGreaterThanOrEqual(60)
      expect(result.audioFrames).toBeGreaterThanOrEqual(100)
      expect(new Set(tunnelled)).toEqual(new Set([true]))
    },
  )
})
