import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { endPrograms } from '../interop/support/process.js'
import { requirePrograms } from '../interop/support/programs.js'
import { publishWithFfmpeg, type Transport } from '../interop/support/publishers.js'
import { published, type RunningLibrary, startServer } from '../interop/support/server.js'
import { buildLive555Client, reasonWithoutLive555 } from './support/build.mjs'
import { playWithLive555 } from './support/player.js'

// VLC's RTSP client is live555. Debian builds its VLC without it, so a small player made of the library
// itself stands for VLC here.

const transports: readonly Transport[] = ['tcp', 'udp']
const combinations = transports.flatMap((publish) => transports.map((play) => ({ publish, play })))
const seconds = 3
const reason = reasonWithoutLive555()

describe('live555', () => {
  let client = ''
  let running: RunningLibrary
  beforeAll(async () => {
    if (reason === undefined) client = await buildLive555Client()
    running = await startServer()
  }, 300_000)
  afterAll(async () => {
    await endPrograms()
    await running.close()
  })

  test.for(combinations)(
    'plays over $play what ffmpeg publishes over $publish',
    async ({ publish, play }, context) => {
      if (reason !== undefined) context.skip(reason)
      requirePrograms(context, 'ffmpeg')
      const path = `/live/${publish}-${play}`
      const url = `${running.url}${path}`
      const publisher = publishWithFfmpeg({ url, transport: publish })
      await published(running.server, path)
      const result = await playWithLive555(client, { url, transport: play, seconds })
      expect(result.errors).toEqual([])
      // At least 2 s of picture and sound out of the 3 that are played.
      expect(result.videoFrames).toBeGreaterThanOrEqual(2 * 25)
      expect(result.audioFrames).toBeGreaterThanOrEqual((2 * 48_000) / 1024)
      await publisher.stop()
    },
  )

  test.for(transports)('plays the test picture over %s', async (transport, context) => {
    if (reason !== undefined) context.skip(reason)
    requirePrograms(context, 'ffmpeg')
    const result = await playWithLive555(client, { url: `${running.url}/test`, transport, seconds })
    expect(result.errors).toEqual([])
    expect(result.videoFrames).toBeGreaterThanOrEqual(2 * 25)
    expect(result.audioFrames).toBeGreaterThanOrEqual((2 * 48_000) / 1024)
  })
})

describe('live555 against Digest', () => {
  let client = ''
  let running: RunningLibrary
  const refusals: string[] = []
  beforeAll(async () => {
    if (reason === undefined) client = await buildLive555Client()
    const rules = [{ path: '/*', read: 'authenticated' }] as const
    running = await startServer({ auth: { users: { u: 'p' }, rules, nonceLifetime: 1 } })
    running.server.on('accessRefused', ({ reason }) => void refusals.push(reason))
  }, 300_000)
  afterAll(async () => {
    await endPrograms()
    await running.close()
  })

  test.for(transports)(
    'A-DIG-2 with SHA-256 and MD5 on offer it plays over %s',
    async (transport, context) => {
      if (reason !== undefined) context.skip(reason)
      requirePrograms(context, 'ffmpeg')
      const url = `${running.url.replace('://', '://u:p@')}/test`
      const result = await playWithLive555(client, { url, transport, seconds: 4 })
      expect(result.errors).toEqual([])
      expect(result.videoFrames).toBeGreaterThanOrEqual(3 * 25)
      expect(result.audioFrames).toBeGreaterThanOrEqual((3 * 48_000) / 1024)
      expect(refusals).toContain('missing')
      expect(refusals).not.toContain('wrong')
    },
  )

  test('A-DIG-2 with a wrong password it hears 401', async (context) => {
    if (reason !== undefined) context.skip(reason)
    const url = `${running.url.replace('://', '://u:wrong@')}/test`
    const result = await playWithLive555(client, { url, transport: 'tcp', seconds: 1 })
    expect(result.errors.join('\n')).toContain('ended with 1')
    expect(refusals).toContain('wrong')
  })
})
