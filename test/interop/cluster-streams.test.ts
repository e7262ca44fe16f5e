import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { settle } from '../../packages/rtspool/test/support/until.js'
import { reasonToSkip } from '../../scripts/programs.mjs'
import { connectToApi } from './support/api-command.js'
import { ConfiguredCommand } from './support/configured-command.js'
import { playWithFfmpeg, playWithGstreamer } from './support/players.js'
import { endPrograms, type Program, until } from './support/process.js'
import { publishWithFfmpeg } from './support/publishers.js'
import { type RedisServer, startRedisServer } from './support/redis-server.js'
import { Viewer } from './support/viewer.js'

// Two processes of the command on a real redis-server: ffmpeg publishes to one of them, and players watch at the other.

const missing = reasonToSkip('redis-server') ?? reasonToSkip('ffmpeg')
if (missing !== undefined && process.env.CI === 'true') throw new Error(missing)
if (missing !== undefined) console.warn(`skipped: ${missing}`)

const [leaseSeconds, graceSeconds] = [3, 1]
/** The longest that the test waits for a player or publisher on a busy machine. */
const waitMs = 40_000

describe.skipIf(missing !== undefined)('streams of two servers', { timeout: 150_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'rtspool-streams-'))
  let redis: RedisServer
  let one: ConfiguredCommand
  let two: ConfiguredCommand
  let publisher: Program | undefined

  const startServer = async (name: string) => {
    const config = [
      'rtsp: { host: 127.0.0.1, port: 0 }',
      'api: { port: 0 }',
      'limits: { maxSessions: 20, maxSessionsPerAddress: 0 }',
      `cluster: { url: "unix://${redis.path}", node: ${name}, key: "a secret of both servers",`,
      `  leaseSeconds: ${leaseSeconds}, graceSeconds: ${graceSeconds}, holdSeconds: 60 }`,
    ].join('\n')
    // In the folder of the test run, tokens of an earlier run would be found, and none would be printed.
    const STATE_DIRECTORY = join(folder, name)
    mkdirSync(STATE_DIRECTORY, { recursive: true })
    return await ConfiguredCommand.start(config, [], { STATE_DIRECTORY })
  }
  /**
   * Publishes in a restart loop, as encoders do: a new cluster has no places at first, and a path is taken until the lease
   * of its server is over.
   */
  const publishTo = async (server: ConfiguredCommand): Promise<void> => {
    const hasBegun = () => server.lines('publishing started').length > 0
    for (const giveUpAt = performance.now() + waitMs; !hasBegun(); ) {
      expect(performance.now()).toBeLessThan(giveUpAt)
      const next = publishWithFfmpeg({ url: `${server.url}/live/x`, transport: 'tcp' })
      publisher = next
      await until(() => hasBegun() || !next.isRunning)
    }
  }

  beforeAll(async () => {
    redis = await startRedisServer()
    ;[one, two] = await Promise.all([startServer('one'), startServer('two')])
  }, 60_000)
  afterAll(async () => {
    await publisher?.stop()
    await Promise.all([one, two].map((server) => server?.stop()))
    await endPrograms()
    await redis.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Joins as a viewer, as soon as the stream is there. */
  async function watch(server: ConfiguredCommand): Promise<Viewer> {
    const giveUpAt = performance.now() + waitMs
    for (;;) {
      try {
        return await Viewer.join(`${server.url}/live/x`, 'tcp')
      } catch (error) {
        if (performance.now() > giveUpAt || !/404|503/.test(String(error))) throw error
        await settle(100, 'the server has no event for a stream that viewers may ask for')
      }
    }
  }
  async function expectMore(viewer: Viewer): Promise<void> {
    const before = viewer.packets
    expect(await until(() => viewer.packets > before + 20)).toBe(true)
  }

  it('are the same for players of both, over TCP and UDP, with one pull', async () => {
    await publishTo(one)
    const viewer = await watch(two)
    await expectMore(viewer)
    const url = `${two.url}/live/x`
    for (const transport of ['tcp', 'udp'] as const) {
      const codecs = { video: 'h264', audio: 'aac' } as const
      const options = { ...{ url, transport, seconds: 1, codecs }, timedByCount: true }
      const results = await Promise.all([playWithFfmpeg(options), playWithGstreamer(options)])
      for (const { videoFrames, audioFrames, errors } of results) {
        expect(errors).toEqual([])
        expect(videoFrames).toBeGreaterThan(10)
        expect(audioFrames).toBeGreaterThan(10)
      }
    }
    const api = await connectToApi(two.program)
    const { body } = await api.call('getCluster')
    expect(body).toMatchObject({ streams: [{ path: '/live/x', pull: 'playing' }] })
    await viewer.leave('teardown')
  })

  it('belong to one publisher, wherever another one comes', async () => {
    const second = publishWithFfmpeg({ url: `${two.url}/live/x`, transport: 'tcp' })
    expect(await second.ended(waitMs)).not.toBe(0)
    expect(second.stderr).toMatch(/403 Forbidden/)
  })

  it('are held when their server is killed, until the publisher has moved', async () => {
    const viewer = await watch(two)
    await expectMore(viewer)
    one.program.kill('SIGKILL')
    await one.program.exited
    await publisher?.ended(waitMs)
    await publishTo(two)
    await expectMore(viewer)
    const late = await watch(two)
    await expectMore(late)
    await Promise.all([viewer.leave('teardown'), late.leave('teardown')])
  })
})
