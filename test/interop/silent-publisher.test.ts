import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { SilentTrack } from 'rtspool'
import { afterAll, expect, test } from 'vitest'
import { endPrograms, Program, until } from './support/process.js'
import { requirePrograms } from './support/programs.js'
import { startServer } from './support/server.js'

afterAll(endPrograms)

test.for(['tcp', 'udp'] as const)(
  'ffmpeg records MJPEG with tables of its own over %s, sends nothing, and it is told',
  { tags: 'P-6' },
  async (transport, context) => {
    requirePrograms(context, 'ffmpeg')
    const { server, url, close } = await startServer()
    const told: SilentTrack[] = []
    const listener = (message: unknown) => void told.push(message as SilentTrack)
    subscribe('rtspool:silent-track', listener)
    // RFC 2435 has the usual tables alone: ffmpeg says so for each picture, and goes on.
    const ffmpeg = new Program('ffmpeg', [
      ...['-re', '-f', 'lavfi', '-i', 'testsrc=size=320x240:rate=10'],
      ...['-c:v', 'mjpeg', '-huffman', 'optimal', '-pix_fmt', 'yuvj420p'],
      ...['-f', 'rtsp', '-rtsp_transport', transport, `${url}/live/cam`],
    ])
    const isTold = await until(() => told.length > 0, 20_000)
    unsubscribe('rtspool:silent-track', listener)
    await ffmpeg.stop()
    await close()
    expect(server.pool.size).toBe(0)
    const lowerTransport = transport.toUpperCase()
    expect([isTold, told]).toEqual([
      true,
      [{ path: '/live/cam', track: 0, address: '127.0.0.1', lowerTransport, seconds: 10 }],
    ])
  },
)
