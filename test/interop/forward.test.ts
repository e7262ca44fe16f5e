import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, forward, type RtspClientTransport } from 'rtspool/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { testCertificate } from '../../packages/rtspool/test/support/test-server.js'
import { settle } from '../../packages/rtspool/test/support/until.js'
import { type GstRtspServer, startGstRtspServer } from './support/gst-rtsp-server.js'
import { playWithFfmpeg, playWithGstreamer } from './support/players.js'
import { Program, until } from './support/process.js'
import { gstreamerPlayer, requirePrograms } from './support/programs.js'
import { type RunningLibrary, startServer } from './support/server.js'

const transports: RtspClientTransport[] = ['tcp', 'udp']
const srtp = 'AES_CM_128_HMAC_SHA1_80' as const
const ca = testCertificate('first').cert

let directory: string
let kept: string
let peer: GstRtspServer
let running: RunningLibrary

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rtspool-forward-'))
  kept = join(directory, 'kept')
  peer = await startGstRtspServer(kept)
  running = await startServer()
})
afterAll(async () => {
  await running.close()
  await peer.close()
  await rm(directory, { recursive: true })
})

describe.each(transports)('rtspool/client forwards over %s', (transport) => {
  test('a camera of gst-rtsp-server to rtspool, where ffmpeg and GStreamer decode it', async (context) => {
    requirePrograms(context, 'ffmpeg', ...gstreamerPlayer)
    const path = `/live/from-${transport}`
    await using camera = await connect(`${peer.url}/cam`)
    await using publisher = await forward(camera, `${running.url}${path}`, {
      transports: [transport],
    })
    const options = { url: `${running.url}${path}`, transport: 'tcp', seconds: 3 } as const
    const [byFfmpeg, byGstreamer] = await Promise.all([
      playWithFfmpeg(options),
      playWithGstreamer({ ...options, codecs: { video: 'h264', audio: 'opus' } }),
    ])
    for (const { errors, videoFrames, audioFrames } of [byFfmpeg, byGstreamer]) {
      expect(errors).toEqual([])
      expect(videoFrames).toBeGreaterThanOrEqual(2 * 25)
      expect(audioFrames).toBeGreaterThanOrEqual((2 * 48_000) / 1024)
    }
    for (const { stats } of publisher.tracks) {
      expect(stats).toMatchObject({ droppedPackets: 0 })
      expect(stats.reportedLostPackets ?? 0).toBe(0)
    }
  })

  test('the test picture to a mount of gst-rtsp-server, whose files ffmpeg decodes', async (context) => {
    requirePrograms(context, 'ffmpeg')
    await using client = await connect(`${running.url}/test`)
    const publisher = await forward(client, `${peer.url}/keep`, { transports: [transport] })
    await until(() => publisher.tracks.every(({ stats }) => stats.packets > 130))
    await publisher.close()
    await settle(500, 'gst-rtsp-server writes the rest of its files')
    expect(await decodedFrames(`${kept}.h264`)).toBeGreaterThanOrEqual(40)
    expect(await decodedFrames(`${kept}.aac`)).toBeGreaterThanOrEqual(80)
  })

  test('the test picture with SRTP to gst-rtsp-server, whose files ffmpeg decodes', async (context) => {
    requirePrograms(context, 'ffmpeg', 'gst srtpdec')
    await using client = await connect(`${running.url}/test`)
    const options = { transports: [transport], tls: { ca }, srtp, tracks: client.tracks }
    // gst-rtsp-server finds the keys by the SSRC, which is known where access units are packetized anew.
    const publisher = await forward(client.accessUnits(), `${peer.secureUrl}/keep`, options)
    await client.play()
    await until(() => publisher.tracks.every(({ stats }) => stats.packets > 130))
    await publisher.close()
    await settle(500, 'gst-rtsp-server writes the rest of its files')
    expect(await decodedFrames(`${kept}-secure.h264`)).toBeGreaterThanOrEqual(40)
    expect(await decodedFrames(`${kept}-secure.aac`)).toBeGreaterThanOrEqual(80)
  })
})

/** Decodes a file with ffmpeg, which must not complain, and counts its frames. */
async function decodedFrames(file: string): Promise<number> {
  const decoder = new Program('ffmpeg', [
    ...['-hide_banner', '-nostdin', '-xerror', '-loglevel', 'repeat+level+error', '-i', file],
    ...['-fps_mode', 'passthrough', '-f', 'framecrc', '-'],
  ])
  expect(await decoder.ended(20_000), decoder.stderr).toBe(0)
  expect(decoder.stderr).toBe('')
  return decoder.stdout.split('\n').filter((line) => line.startsWith('0,')).length
}
