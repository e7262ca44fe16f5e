import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { playWithFfmpeg, playWithGstreamer } from './support/players.js'
import { endPrograms, Program, until } from './support/process.js'
import { gstreamerPlayer, requirePrograms } from './support/programs.js'
import { publishWithFfmpeg, publishWithGstreamer, type Transport } from './support/publishers.js'
import { published, type RunningLibrary, startCommand, startServer } from './support/server.js'

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
const transports: readonly Transport[] = ['tcp', 'udp']
const over = <Peer>(peers: readonly Peer[]) =>
  peers.flatMap((peer) => transports.map((transport) => ({ ...peer, transport })))

/** `rtsp://name:password@host…`, which every one of these programs takes. */
const asUser = (url: string, user = 'u:p'): string => url.replace('://', `://${user}@`)

describe('Digest with SHA-256 and MD5 on offer', () => {
  let running: RunningLibrary
  const refusals: string[] = []
  beforeAll(async () => {
    // So short that clients meet stale nonces on the way.
    running = await startServer({ auth: { users: { u: 'p' }, nonceLifetime: 1 } })
    running.server.on('accessRefused', ({ reason }) => void refusals.push(reason))
  })
  afterAll(async () => {
    await endPrograms()
    await running.close()
  })

  test.concurrent.for(over(players))(
    '$player plays over $transport',
    { tags: 'A-DIG-2' },
    async ({ needs, play, transport }, context) => {
      requirePrograms(context, ...needs)
      const result = await play({ url: asUser(`${running.url}/test`), transport, seconds: 3 })
      expect(result.errors).toEqual([])
      expect(result.videoFrames).toBeGreaterThanOrEqual(60)
    },
  )

  test.for(over(publishers))(
    '$publisher publishes over $transport, ffmpeg plays',
    { tags: 'A-DIG-2' },
    async ({ publisher, needs, start, transport }, context) => {
      requirePrograms(context, 'ffmpeg', ...needs)
      const url = asUser(`${running.url}/live/${publisher}-${transport}`)
      const program = start({ url, transport })
      await published(running.server, `/live/${publisher}-${transport}`)
      const result = await playWithFfmpeg({
        ...{ url, transport: 'tcp', seconds: 3 },
        timedByCount: true,
      })
      expect(result.errors).toEqual([])
      expect(result.videoFrames).toBeGreaterThanOrEqual(50)
      await program.stop()
    },
  )

  test('no client was taken for a guesser', () => {
    expect(refusals).not.toContain('wrong')
    expect(refusals).toContain('missing')
  })

  test('ffmpeg with a wrong password hears 401, late', { tags: 'B-BRUTE' }, async (context) => {
    requirePrograms(context, 'ffmpeg')
    const start = performance.now()
    const url = asUser(`${running.url}/test`, 'u:wrong')
    const result = await playWithFfmpeg({ url, transport: 'tcp', seconds: 1 })
    expect(result.errors.join('\n')).toContain('401 Unauthorized')
    expect(performance.now() - start).toBeGreaterThan(1000)
    expect(result.videoFrames).toBe(0)
    expect(refusals).toContain('wrong')
  })

  test('GStreamer with a wrong password tries again and again, slowly', {
    tags: 'B-BRUTE',
  }, async (context) => {
    requirePrograms(context, ...gstreamerPlayer)
    const before = running.server.stats().auth?.refused.wrong ?? 0
    const sessions = running.server.pool.size
    const program = new Program('gst-launch-1.0', [
      ...['rtspsrc', `location=${running.url}/test`, 'protocols=tcp', 'user-id=u', 'user-pw=wrong'],
      ...['!', 'fakesink'],
    ])
    const tries = () => (running.server.stats().auth?.refused.wrong ?? 0) - before
    expect(await until(() => tries() >= 2)).toBe(true)
    await program.stop('SIGKILL')
    expect(tries()).toBeLessThan(10)
    expect(running.server.pool.size).toBeLessThanOrEqual(sessions)
  })
})

describe('the rtspool command with users', () => {
  test('plays to whoever knows the password', async (context) => {
    requirePrograms(context, 'ffmpeg')
    const running = await startCommand('--user', 'u:p', '--user', 'cam:c', '--publish-user', 'cam')
    try {
      const url = `${running.url}/test`
      const result = await playWithFfmpeg({ url: asUser(url), transport: 'tcp', seconds: 1 })
      expect(result.errors).toEqual([])
      expect(result.videoFrames).toBeGreaterThanOrEqual(20)
      const refused = await playWithFfmpeg({ url, transport: 'tcp', seconds: 1 })
      expect(refused.errors.join('\n')).toContain('401 Unauthorized')
      const publisher = publishWithFfmpeg({ url: asUser(`${running.url}/x`), transport: 'tcp' })
      expect(await publisher.ended(10_000)).not.toBe(0)
      expect(publisher.stderr).toContain('403 Forbidden')
    } finally {
      await running.close()
    }
  })
})
