import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { settle } from '../../packages/rtspool/test/support/until.js'
import { reasonToSkip } from '../../scripts/programs.mjs'
import { connectToApi } from './support/api-command.js'
import { ConfiguredCommand } from './support/configured-command.js'
import { endPrograms, until } from './support/process.js'
import { type RedisServer, startRedisServer } from './support/redis-server.js'
import { Viewer } from './support/viewer.js'

// Two processes of the command with one limit, on a real redis-server: which viewers they admit together, while viewers
// come and go, Redis stops, hangs or loses its data, and one of the two is killed.

const missing = reasonToSkip('redis-server')
if (missing !== undefined && process.env.CI === 'true') throw new Error(missing)
if (missing !== undefined) console.warn(`skipped: ${missing}`)

const maxSessions = 5

/** A viewer, and what is wrong with the sequence numbers of its packets. */
interface Watching {
  readonly viewer: Viewer
  readonly gaps: string[]
  readonly server: ConfiguredCommand
}

describe.skipIf(missing !== undefined)('two servers with one limit', { timeout: 90_000 }, () => {
  let redis: RedisServer
  const folder = mkdtempSync(join(tmpdir(), 'rtspool-cluster-'))
  const servers: ConfiguredCommand[] = []
  const watching = new Set<Watching>()

  const configOf = (name: string) =>
    [
      'rtsp: { host: 127.0.0.1, port: 0 }',
      'api: { port: 0 }',
      `limits: { maxSessions: ${maxSessions}, maxSessionsPerAddress: 0 }`,
      `cluster: { url: "unix://${redis.path}", node: ${name}, leaseSeconds: 1.5, graceSeconds: 1.5 }`,
    ].join('\n')
  const startServer = async (name: string) => {
    // In the folder of the test run, tokens of an earlier run would be found, and none would be printed.
    const stateFolder = join(folder, name)
    mkdirSync(stateFolder, { recursive: true })
    const server = await ConfiguredCommand.start(configOf(name), [], {
      STATE_DIRECTORY: stateFolder,
    })
    servers.push(server)
    return server
  }

  beforeAll(async () => {
    redis = await startRedisServer()
    for (const name of ['one', 'two']) await startServer(name)
  }, 60_000)
  afterAll(async () => {
    redis.resume()
    await Promise.all([...watching].map((each) => leave(each)))
    await Promise.all(servers.map((server) => server.stop()))
    await endPrograms()
    await redis.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  /** @returns `undefined` if the limit refuses the viewer */
  async function watch(server: ConfiguredCommand): Promise<Watching | undefined> {
    const last = new Map<number, number>()
    const gaps: string[] = []
    const check = (packet: Buffer): void => {
      const [number, ssrc] = [packet.readUInt16BE(2), packet.readUInt32BE(8)]
      const before = last.get(ssrc)
      if (before !== undefined && number !== ((before + 1) & 0xffff))
        gaps.push(`${before} ${number}`)
      last.set(ssrc, number)
    }
    try {
      const viewer = await Viewer.join(`${server.url}/test`, 'tcp', check)
      const joined = { viewer, gaps, server }
      watching.add(joined)
      return joined
    } catch (error) {
      expect(String(error)).toMatch(/SETUP: RTSP\/1.0 503/)
      return undefined
    }
  }
  async function leave(each: Watching): Promise<void> {
    watching.delete(each)
    await each.viewer.leave('teardown')
  }
  /** Tries until the servers have admitted as many viewers as the limit allows, and then once more on each. */
  async function fill(ofServers: readonly ConfiguredCommand[], count = maxSessions): Promise<void> {
    const giveUpAt = performance.now() + 30_000
    while (watching.size < count && performance.now() < giveUpAt) {
      await Promise.all(ofServers.flatMap((server) => [watch(server), watch(server)]))
      expect(watching.size).toBeLessThanOrEqual(count)
    }
    const further = await Promise.all(ofServers.map((server) => watch(server)))
    expect([watching.size, ...further]).toEqual([count, ...ofServers.map(() => undefined)])
  }
  const packets = () => [...watching].map(({ viewer }) => viewer.packets)
  /** Waits until each viewer has had more packets, none of them lost since the start. */
  async function expectAllWatch(): Promise<void> {
    const before = packets()
    const goOn = () => packets().every((count, n) => count > (before[n] ?? 0) + 10)
    expect(await until(goOn)).toBe(true)
    expect([...watching].flatMap(({ gaps }) => gaps)).toEqual([])
  }

  it('admit exactly as many viewers as the limit allows, while viewers come and go', async () => {
    await fill(servers)
    for (let round = 0; round < 3; round++) {
      const some = [...watching].filter((_, n) => n % 2 === round % 2)
      await Promise.all(some.map((each) => leave(each)))
      await fill(servers)
    }
    await expectAllWatch()
    const [first] = servers
    const api = await connectToApi((first as ConfiguredCommand).program)
    const { body } = await api.call('getCluster')
    const { state, nodes } = body as { state: string; nodes: { name: string; sessions: number }[] }
    expect([state, nodes.map(({ name }) => name).sort()]).toEqual(['active', ['one', 'two']])
  })

  it('lose no viewer and no packet while Redis hangs, and while it starts again without data', async () => {
    redis.pause()
    // Longer than lease and grace together.
    await settle(4000, 'real leases must expire')
    await expectAllWatch()
    redis.resume()
    await redis.kill()
    await expectAllWatch()
    await redis.restart()
    const isActive = (server: ConfiguredCommand) => {
      const last = server.lines('cluster state changed').at(-1) as { state?: string } | undefined
      return last?.state === 'active'
    }
    expect(await until(() => servers.every(isActive))).toBe(true)
    await fill(servers)
    await expectAllWatch()
  })

  it('give the places of a server that was killed to viewers of the other', async () => {
    const [survivor, victim] = servers as [ConfiguredCommand, ConfiguredCommand]
    victim.program.kill('SIGKILL')
    await victim.program.exited
    for (const each of watching) if (each.server === victim) watching.delete(each)
    const left = [...watching]
    await fill([survivor])
    // Its own viewers have noticed nothing.
    expect(left.every((each) => watching.has(each))).toBe(true)
    await expectAllWatch()
  })
})
