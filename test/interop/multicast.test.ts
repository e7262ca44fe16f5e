import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fixedPorts } from './support/fixed-ports.js'
import { MulticastHost, multicastNetwork } from './support/multicast-network.js'
import { MulticastTtlPeer } from './support/multicast-ttl-peer.js'
import { playWithFfmpeg, playWithGstreamer } from './support/players.js'
import { endPrograms, until } from './support/process.js'
import { gstreamerPlayer, requirePrograms } from './support/programs.js'
import { type RunningLibrary, startServer } from './support/server.js'

afterAll(endPrograms)

const videoGroups = { 4: '239.255.13.1', 6: 'ff15::7:1' } as const

describe('multicast on the loopback', () => {
  const timeoutSeconds = 3
  let server: RunningLibrary
  beforeEach(async () => {
    server = await startServer({
      multicast: {
        ...{ groups: '239.255.14.0/24', ports: fixedPorts.multicast },
        ...{ interface: '127.0.0.1', ttl: 0 },
      },
      pool: { timeout: timeoutSeconds, extraTimeout: 0, timeoutAlwaysVisible: true },
    })
  })
  afterEach(() => server.close())

  test('two players of GStreamer decode 3 s of one stream', async (context) => {
    requirePrograms(context, ...gstreamerPlayer)
    const options = {
      url: `${server.url}/test`,
      transport: 'multicast',
      multicastInterface: 'lo',
      seconds: 3,
    } as const
    const playing = [playWithGstreamer(options), playWithGstreamer(options)]
    expect(await until(() => server.server.stats().multicast.viewers === 4)).toBe(true)
    expect(server.server.stats().multicast.groups).toBe(2)
    for (const result of await Promise.all(playing)) {
      expect(result.errors).toEqual([])
      expect(result.videoFrames).toBeGreaterThanOrEqual(60)
      expect(result.audioFrames).toBeGreaterThanOrEqual(100)
    }
    expect(await until(() => server.server.stats().multicast.groups === 0, 5_000)).toBe(true)
  })

  test('a player of GStreamer lives longer than its timeout', {
    tags: 'A-ONV-3',
  }, async (context) => {
    requirePrograms(context, ...gstreamerPlayer)
    const reasons: string[] = []
    server.server.pool.on('sessionRemoved', (_, reason) => void reasons.push(reason))
    const result = await playWithGstreamer({
      ...{ url: `${server.url}/test`, transport: 'multicast', multicastInterface: 'lo' },
      seconds: 2.5 * timeoutSeconds,
    })
    expect(result.errors).toEqual([])
    expect(reasons).not.toContain('timeout')
  })

  test('GStreamer chooses unicast by itself where both are offered', async (context) => {
    requirePrograms(context, ...gstreamerPlayer)
    const result = await playWithGstreamer({
      ...{ url: `${server.url}/test`, transport: 'udp', seconds: 2 },
    })
    expect(result.errors).toEqual([])
    expect(server.server.stats().multicast.packetsOut).toBe(0)
  })
})

describe.each([4, 6] as const)('multicast of IPv%i where the routes say', (family) => {
  test.for(['native', 'plain'] as const)(
    'two players of ffmpeg decode 3 s of one stream (%s sockets)',
    async (sockets, context) => {
      requirePrograms(context, 'ffmpeg', 'python3')
      const network = await multicastNetwork(family)
      if (typeof network === 'string') return context.skip(network)
      const host = await MulticastHost.start(network, sockets)
      const { within } = host
      const place = family === 4 ? network.address : network.interface
      const member = await MulticastTtlPeer.join(place, 31_000, [videoGroups[family]], within)
      const options = { url: `${host.url}/test`, transport: 'multicast', within } as const
      const playing = [5, 3].map((seconds) => playWithFfmpeg({ ...options, seconds }))
      for (const result of await Promise.all(playing)) {
        expect(result.errors).toEqual([])
        expect(result.videoFrames).toBeGreaterThanOrEqual(60)
        expect(result.audioFrames).toBeGreaterThanOrEqual(100)
      }
      expect(await until(() => host.counts.at(-1)?.groups === 0, 5_000)).toBe(true)
      const { counts } = host
      expect(Math.max(...counts.map(({ viewers }) => viewers))).toBe(4)
      expect(Math.max(...counts.map(({ groups }) => groups))).toBe(2)
      const { datagrams, packetsOut } = counts.at(-1) ?? {}
      expect(packetsOut).toBeGreaterThan(300)
      expect(datagrams).toBe(packetsOut)
      await host.close()
      await member.close()
      expect(new Set(member.datagrams.map(({ ttl }) => ttl))).toEqual(new Set([network.ttl]))
    },
  )
})
