import { fileMedia } from 'rtspool/file'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decode } from '../interop/support/frames.js'
import { endPrograms } from '../interop/support/process.js'
import { requirePrograms } from '../interop/support/programs.js'
import { publishWithFfmpeg, type Transport } from '../interop/support/publishers.js'
import { published, type RunningLibrary, startServer, testClip } from '../interop/support/server.js'
import { playWithVlc, requireVlc, type VlcTransport } from './support/player.js'

const transports: readonly Transport[] = ['tcp', 'udp']
const carriers: readonly VlcTransport[] = [...transports, 'http']
const combinations = transports.flatMap((publish) => transports.map((play) => ({ publish, play })))
/** Of which it fills its buffer for more than one. */
const seconds = 5
const shownSeconds = 3

function expectShown({
  errors,
  videoFrames,
  audioFrames,
}: Awaited<ReturnType<typeof playWithVlc>>) {
  expect(errors).toEqual([])
  expect(videoFrames).toBeGreaterThanOrEqual(shownSeconds * 25)
  expect(audioFrames).toBeGreaterThanOrEqual((shownSeconds * 48_000) / 1024)
}

describe('VLC', () => {
  let running: RunningLibrary
  beforeAll(async () => {
    running = await startServer()
    running.server.mounts.add('/file', fileMedia(testClip, { shared: false }))
  })
  afterAll(async () => {
    await endPrograms()
    await running.close()
  })

  test.for(combinations)(
    'plays over $play what ffmpeg publishes over $publish',
    async ({ publish, play }, context) => {
      requireVlc(context)
      requirePrograms(context, 'ffmpeg', 'ffprobe')
      const path = `/live/${publish}-${play}`
      const url = `${running.url}${path}`
      const publisher = publishWithFfmpeg({ url, transport: publish })
      await published(running.server, path)
      expectShown(await playWithVlc({ url, transport: play, seconds }))
      await publisher.stop()
    },
  )

  test.for(carriers)(
    'plays the test picture over %s',
    { tags: 'A-HTP-1' },
    async (transport, context) => {
      requireVlc(context)
      requirePrograms(context, 'ffmpeg', 'ffprobe')
      expectShown(await playWithVlc({ url: `${running.url}/test`, transport, seconds }))
      expect(running.server.pool.size).toBe(0)
    },
  )

  test.for(transports)(
    'begins in the midst of a file over %s',
    { tags: 'A-RNG-1' },
    async (transport, context) => {
      requireVlc(context)
      requirePrograms(context, 'ffmpeg', 'ffprobe')
      const all = (await decode({ input: testClip })).pictures.map(({ md5 }) => md5)
      const startSeconds = 5
      const url = `${running.url}/file`
      const played = await playWithVlc({ url, transport, seconds, startSeconds })
      expectShown(played)
      const places = played.pictures.map((md5) => all.indexOf(md5))
      expect(places).not.toContain(-1)
      expect(places).toEqual(places.toSorted((a, b) => a - b))
    },
  )
})

describe('VLC with a session that times out in 10 s', () => {
  let running: RunningLibrary
  const reasons: string[] = []
  beforeAll(async () => {
    running = await startServer({ pool: { timeout: 10, extraTimeout: 0 } })
    running.server.pool.on('sessionRemoved', (_, reason) => void reasons.push(reason))
  })
  afterAll(async () => {
    await endPrograms()
    await running.close()
  })

  test.for(carriers)(
    'stays for 25 s over %s',
    { tags: 'A-15-VLC', concurrent: true },
    async (transport, context) => {
      requireVlc(context)
      requirePrograms(context, 'ffmpeg', 'ffprobe')
      const played = await playWithVlc({ url: `${running.url}/test`, transport, seconds: 25 })
      context.expect(played.errors).toEqual([])
      // The clip begins again in between, so that not all pictures differ.
      context.expect(played.pictures.length).toBeGreaterThanOrEqual(24 * 25)
      context.expect(reasons).not.toContain('timeout')
    },
  )
})

describe('VLC against Digest', () => {
  let running: RunningLibrary
  const refusals: string[] = []
  beforeAll(async () => {
    const rules = [{ path: '/*', read: 'authenticated' }] as const
    running = await startServer({ auth: { users: { u: 'p' }, rules, nonceLifetime: 1 } })
    running.server.on('accessRefused', ({ reason }) => void refusals.push(reason))
  })
  afterAll(async () => {
    await endPrograms()
    await running.close()
  })

  test.for(carriers)(
    'with SHA-256 and MD5 on offer it plays over %s',
    { tags: 'A-DIG-2' },
    async (transport, context) => {
      requireVlc(context)
      requirePrograms(context, 'ffmpeg', 'ffprobe')
      const url = `${running.url.replace('://', '://u:p@')}/test`
      expectShown(await playWithVlc({ url, transport, seconds }))
      expect(refusals).toContain('missing')
      expect(refusals).not.toContain('wrong')
    },
  )

  test('with a wrong password it shows nothing', { tags: 'A-DIG-2' }, async (context) => {
    requireVlc(context)
    requirePrograms(context, 'ffmpeg', 'ffprobe')
    const url = `${running.url.replace('://', '://u:wrong@')}/test`
    // It waits until somebody types another.
    const played = await playWithVlc({ url, transport: 'tcp', seconds: 1, patience: 3000 })
    expect(played.errors).toContain('ended with timeout')
    expect(played.videoFrames).toBe(0)
    expect(refusals).toContain('wrong')
  })
})
