import { appendFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { settle } from '../../packages/rtspool/test/support/until.js'
import { reasonToSkip } from '../../scripts/programs.mjs'
import { endPrograms, type Program, until } from '../interop/support/process.js'
import { gstreamerPlayer } from '../interop/support/programs.js'
import { testClip } from '../interop/support/server.js'
import { type TriedPlayer, tryPlayer } from '../network/support/players.js'
import {
  addressOf,
  type ClientName,
  ClusterNetwork,
  type ServerName,
  serverNames,
  urlOf,
} from './support/cluster-network.js'
import { NetworkServer, times } from './support/network-server.js'
import { monotonicMs } from './support/node-process.js'
import { RestartingPlayer } from './support/restarting-player.js'

// Servers, Redis, HAProxy and clients, each with a network of its own: `npm run test:cluster -- --network` prints what was seen.

const { RTSPOOL_CLUSTER_NETWORK, RTSPOOL_NEWER_PLAYERS } = process.env
const missing = reasonToSkip(
  ...['redis-server', 'haproxy', 'network namespace', 'ffmpeg', 'gst rtspclientsink'],
  ...gstreamerPlayer,
)
if (missing !== undefined) console.warn(`skipped: ${missing}`)

/** Pictures that a player shows, or a viewer receives, to count as one that plays. */
const pictures = 10
const patienceMs = 30_000
/** Longest time in which players of a killed server are back. */
const backMs = 10_000
const deathMs = 1000 * (times.leaseSeconds + times.graceSeconds)
const ways = ['server', 'balancer'] as const
type Way = (typeof ways)[number]

/** Adds a line to the table. */
function note(step: string, what: string, through: string, result: string): void {
  if (RTSPOOL_CLUSTER_NETWORK === undefined) return
  appendFileSync(RTSPOOL_CLUSTER_NETWORK, `${JSON.stringify({ step, what, through, result })}\n`)
}

/** Waits until a question has this answer. */
async function becomes(ask: () => Promise<unknown>, answer: unknown): Promise<void> {
  const options = { timeout: patienceMs, interval: 200 }
  await vi.waitFor(async () => expect(await ask()).toEqual(answer), options)
}

const resultOf = (plays: boolean): string => (plays ? 'pictures' : 'no pictures')
const secondsOf = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

const publishers = {
  ffmpeg: (url: string, transport: string) => [
    ...['ffmpeg', '-hide_banner', '-nostdin', '-loglevel', 'error', '-re', '-stream_loop', '-1'],
    ...['-i', testClip, '-an', '-c', 'copy', '-f', 'rtsp', '-rtsp_transport', transport, url],
  ],
  GStreamer: (url: string, transport: string) => [
    ...['gst-launch-1.0', 'rtspclientsink', 'name=sink', `location=${url}`],
    ...[`protocols=${transport}`, 'filesrc', `location=${testClip}`, '!', 'qtdemux', '!'],
    ...['queue', '!', 'h264parse', '!', 'sink.'],
  ],
} as const

const players: readonly TriedPlayer[] = [
  { name: 'ffmpeg' },
  { name: 'gstreamer' },
  ...(RTSPOOL_NEWER_PLAYERS ? [{ name: 'vlc' as const, bin: RTSPOOL_NEWER_PLAYERS }] : []),
]

describe.skipIf(missing !== undefined)('servers of a cluster in networks of their own', () => {
  let network: ClusterNetwork
  let servers: ReadonlyMap<ServerName, NetworkServer> = new Map()
  const viewers: RestartingPlayer[] = []
  const programs: Program[] = []

  const serverOf = (name: ServerName) => servers.get(name) as NetworkServer
  const all = (): readonly NetworkServer[] => [...servers.values()]

  async function startServers(policy: 'keep' | 'strict'): Promise<void> {
    await Promise.all(all().map((server) => server.stop()))
    const cluster = `cameras-${policy}`
    const started = serverNames.map(async (name) => {
      return [name, await NetworkServer.start(network, name, { policy, cluster })] as const
    })
    servers = new Map(await Promise.all(started))
    await becomes(() => serverOf('one').states(), allActive)
    expect(await until(() => serverNames.every((name) => network.isUp(name)))).toBe(true)
  }
  const allActive = Object.fromEntries(serverNames.map((name) => [name, 'active']))
  /** Returns whether all servers are members; a dead one may still be named beside its new self. */
  async function isAllActive(): Promise<boolean> {
    const { nodes = [] } = await serverOf('one').call('GET', '/v1/cluster')
    return nodes.filter(({ state }: { state: string }) => state === 'active').length === 3
  }

  /** Changes limits on all servers, as they must be the same. */
  async function setLimits(limits: Readonly<Record<string, number>>): Promise<void> {
    for (const server of all()) await server.call('PATCH', '/v1/limits', limits)
  }
  function watch(client: ClientName, url: string, path = '/test'): RestartingPlayer {
    const viewer = new RestartingPlayer(network, client, `${url}${path}`)
    viewers.push(viewer)
    return viewer
  }
  async function stopAll(): Promise<void> {
    await Promise.all(viewers.splice(0).map((viewer) => viewer.stop()))
    // Without packets, a server would not notice that the ports of a viewer are closed.
    const readers = async () => {
      return (await serverOf('one').sessions()).filter(({ action }) => action === 'read')
    }
    await becomes(readers, [])
    await Promise.all(programs.splice(0).map((program) => program.stop('SIGKILL')))
    await becomes(() => serverOf('one').sessions(), [])
  }
  const play = (each: RestartingPlayer, count = pictures): boolean => each.pictures >= count
  async function expectAllPlay(chosen: readonly RestartingPlayer[]): Promise<void> {
    const plays = await until(() => chosen.every((each) => play(each)), patienceMs)
    expect(plays, chosen.map(({ errors }) => errors).join('')).toBe(true)
  }
  /**
   * Tries to play once.
   *
   * @param refusal - Words of ffmpeg when the server refuses. By default those for a limit: status 503.
   * @returns Whether pictures arrived; otherwise the server has refused
   */
  async function isAdmitted(
    client: ClientName,
    url: string,
    refusal: RegExp = /503|5XX/,
  ): Promise<boolean> {
    const { pictures: seen, log } = await tryPlayer(
      { name: 'ffmpeg' },
      {
        ...{ url: `${url}/test`, within: network.within(client), isTcpOnly: true },
        ...{ pictures: 1, patienceMs },
      },
    )
    if (seen === 0) expect(log).toMatch(refusal)
    return seen > 0
  }
  /** Name of the server to which the balancer sends a client. */
  async function serverBehind(client: ClientName): Promise<ServerName> {
    const viewer = watch(client, urlOf('balancer'))
    await expectAllPlay([viewer])
    const own = (await serverOf('one').sessions()).find(
      (each) => each.address === addressOf(client),
    )
    await stopAll()
    return own?.node.name as ServerName
  }

  beforeAll(async () => {
    network = await ClusterNetwork.open()
    await startServers('keep')
  }, 120_000)
  afterAll(async () => {
    await Promise.all(viewers.map((viewer) => viewer.stop()))
    await endPrograms()
    await network.close()
  })

  it('publish and play by TCP and UDP, at their own address and through the balancer', async () => {
    const near = await serverBehind('ann')
    const urls: Readonly<Record<Way, string>> = { server: urlOf(near), balancer: urlOf('balancer') }
    const results = new Map<string, boolean>()
    for (const [name, commandOf] of Object.entries(publishers)) {
      for (const transport of ['tcp', 'udp']) {
        const tries = ways.map(async (way) => {
          const path = `/live/${name}-${transport}-${way}`
          const publisher = network.start('ann', commandOf(`${urls[way]}${path}`, transport))
          programs.push(publisher)
          const isThere = () => serverOf(near).program.stderr.includes(`"${path}"`)
          await until(() => isThere() || !publisher.isRunning, patienceMs)
          const plays = await isShown(path)
          results.set(`${name} publishes by ${transport}|${way}`, plays)
          await publisher.stop('SIGKILL')
        })
        await Promise.all(tries)
      }
    }
    async function isShown(path: string): Promise<boolean> {
      const options = { within: network.within('ann'), isTcpOnly: true, patienceMs }
      const url = `${urls.server}${path}`
      const tried = await tryPlayer({ name: 'ffmpeg' }, { ...options, url, pictures })
      return tried.pictures >= pictures
    }
    const publisher = network.start('ann', publishers.ffmpeg(`${urls.balancer}/live/cam`, 'tcp'))
    programs.push(publisher)
    await until(() => serverOf(near).program.stderr.includes('"/live/cam"'), patienceMs)
    const addresses = new Set<string | undefined>()
    for (const player of players) {
      const tries = ways.flatMap((way) =>
        ['tcp', 'udp'].map(async (transport) => {
          const isTcpOnly = transport === 'tcp'
          const { pictures: seen } = await tryPlayer(player, {
            ...{ url: `${urls[way]}/live/cam`, within: network.within('ann') },
            ...{ isTcpOnly, isUdpOnly: !isTcpOnly, pictures, patienceMs },
          })
          results.set(`${player.name} plays by ${transport}|${way}`, seen >= pictures)
        }),
      )
      const listed = serverOf(near).sessions()
      for (const { address } of await listed) addresses.add(address)
      await Promise.all(tries)
    }
    for (const [what, plays] of results) {
      const [program = '', way = ''] = what.split('|')
      note('media', program, way, resultOf(plays))
    }
    // Publishers send their datagrams to the address that they have connected to, and HAProxy carries none.
    const ofPublishers = ([what]: readonly [string, boolean]) =>
      /publishes by udp.balancer/.test(what)
    const failed = [...results].filter((each) => !each[1] && !ofPublishers(each))
    expect(failed).toEqual([])
    expect([...addresses]).toEqual([addressOf('ann')])
    await stopAll()
  })

  it('play on one server what is published on another', async () => {
    const publisher = network.start('ann', publishers.ffmpeg(`${urlOf('one')}/live/far`, 'tcp'))
    programs.push(publisher)
    await until(() => serverOf('one').program.stderr.includes('"/live/far"'), patienceMs)
    const results = new Map<string, boolean>()
    for (const player of players) {
      const tries = (['two', 'balancer'] as const).flatMap((host) =>
        ['tcp', 'udp'].map(async (transport) => {
          const isTcpOnly = transport === 'tcp'
          const { pictures: seen } = await tryPlayer(player, {
            ...{ url: `${urlOf(host)}/live/far`, within: network.within('bob') },
            ...{ isTcpOnly, isUdpOnly: !isTcpOnly, pictures, patienceMs },
          })
          const what = `${player.name} plays by ${transport}`
          results.set(`${what}, ${host}`, seen >= pictures)
          const through = host === 'two' ? 'server' : 'balancer'
          note('streams', `${what} on another server`, through, resultOf(seen >= pictures))
        }),
      )
      await Promise.all(tries)
    }
    expect([...results].filter(([, plays]) => !plays)).toEqual([])
    await stopAll()
  })

  it('count and ban the address of a client, whichever way it came', async () => {
    await setLimits({ maxSessionsPerAddress: 3 })
    const urls = [urlOf('balancer'), urlOf('one'), urlOf('two')]
    await expectAllPlay(urls.map((url) => watch('ann', url)))
    const further = [urlOf('balancer'), ...serverNames.map(urlOf)]
    const admitted = await Promise.all(further.map((url) => isAdmitted('ann', url)))
    note(
      'limits',
      '3 sessions of an address, then one more',
      'all',
      `${admitted.filter(Boolean).length} of 4`,
    )
    expect(admitted).toEqual([false, false, false, false])
    expect(await isAdmitted('bob', urlOf('balancer'))).toBe(true)
    await stopAll()
    await setLimits({ maxSessionsPerAddress: 0 })
    await serverOf('two').call('POST', '/v1/bans', { address: addressOf('bob'), seconds: 60 })
    // The server closes the connections of an address that is banned.
    const closed = /Invalid data|Connection reset|End of file|Broken pipe/
    const isBanned = () => Promise.all(further.map((url) => isAdmitted('bob', url, closed)))
    await becomes(isBanned, [false, false, false, false])
    expect(await isAdmitted('ann', urlOf('balancer'))).toBe(true)
    note('bans', 'an address, banned by one server, tries to play', 'all', '0 of 4')
    const { bans } = await serverOf('one').call('GET', '/v1/bans')
    for (const { publicId } of bans) await serverOf('one').call('DELETE', `/v1/bans/${publicId}`)
    await stopAll()
  })

  it('lose a server with viewers: they are back within 10 s, and others feel nothing', async () => {
    const victim = await serverBehind('ann')
    const survivors = serverNames.filter((name) => name !== victim)
    const moved = [1, 2, 3].map(() => watch('ann', urlOf('balancer')))
    const others = survivors.flatMap((name) => [
      watch('bob', urlOf(name)),
      watch('bob', urlOf(name)),
    ])
    await expectAllPlay([...moved, ...others])
    const at = monotonicMs()
    await serverOf(victim).stop('SIGKILL')
    await until(() => moved.every((each) => each.firstAfter(at) !== undefined), patienceMs)
    const back = moved.map((each) => (each.firstAfter(at) ?? Number.POSITIVE_INFINITY) - at)
    note(
      'kill',
      '3 players of a killed server are back',
      'balancer',
      `${back.map(secondsOf).join(', ')}`,
    )
    expect(Math.max(...back)).toBeLessThan(backMs)
    const before = others.map((each) => each.pictures)
    await until(() => others.every((each, n) => each.pictures > (before[n] ?? 0) + 25), patienceMs)
    const seen = others.map((each) => each.seen)
    const lost = seen.reduce((sum, each) => sum + each.missing, 0)
    note('kill', '4 viewers of other servers', 'server', `${lost} pictures missing`)
    expect(seen).toEqual(others.map(() => ({ missing: 0, runs: 1 })))
    await Promise.all(all().map((server) => server.stop()))
    await Promise.all(viewers.splice(0).map((viewer) => viewer.stop()))
  })

  it('lose the server of a publisher: its path is free in time, and viewers elsewhere are held', async () => {
    await startServers('keep')
    const victim = await serverBehind('ann')
    const survivors = serverNames.filter((name) => name !== victim)
    const path = '/live/moves'
    let isOver = false
    const publishing = (async () => {
      while (!isOver) {
        const command = publishers.ffmpeg(`${urlOf('balancer')}${path}`, 'tcp')
        const publisher = network.start('ann', command)
        programs.push(publisher)
        await publisher.exited
        await settle(200, 'a publisher waits before it starts again')
      }
    })()
    const publishes = (name: ServerName) => {
      const lines = serverOf(name).program.stderr.split('\n')
      return lines.some((line) => line.includes('publishing started') && line.includes(path))
    }
    await until(() => publishes(victim), patienceMs)
    const held = survivors.flatMap((name) => [1, 2].map(() => watch('bob', urlOf(name), path)))
    await expectAllPlay(held)
    const before = held.map((each) => each.pictures)
    const at = monotonicMs()
    await serverOf(victim).stop('SIGKILL')
    await until(() => survivors.some(publishes), patienceMs)
    const freeMs = monotonicMs() - at
    await until(() => held.every((each, n) => each.pictures > (before[n] ?? 0) + 50), patienceMs)
    const goOnMs = monotonicMs() - at
    note('kill', 'the path of a killed server is published again', 'balancer', secondsOf(freeMs))
    note('kill', '4 viewers on other servers have 50 pictures more', 'server', secondsOf(goOnMs))
    expect(held.map((each) => each.seen.runs)).toEqual([1, 1, 1, 1])
    expect(held.every((each, n) => each.pictures > (before[n] ?? 0) + 50)).toBe(true)
    expect(freeMs).toBeLessThan(deathMs + backMs)
    isOver = true
    await Promise.all(programs.splice(0).map((program) => program.stop('SIGKILL')))
    await publishing
    await Promise.all(viewers.splice(0).map((viewer) => viewer.stop()))
    await Promise.all(all().map((server) => server.stop()))
  })

  for (const policy of ['keep', 'strict'] as const) {
    it(`${policy}: lose the link of one server to the store for longer than a death takes`, async () => {
      await startServers(policy)
      const max = 6
      await setLimits({ maxSessions: max })
      const ofServers = serverNames.map((name) => [
        watch('bob', urlOf(name)),
        watch('bob', urlOf(name)),
      ])
      await expectAllPlay(ofServers.flat())
      expect(await isAdmitted('ann', urlOf('one'))).toBe(false)
      const cut = ofServers[2] as RestartingPlayer[]
      const others = ofServers.slice(0, 2).flat()
      await network.setStoreLink('three', 'down')
      const cutAt = monotonicMs()
      const newcomers = [watch('ann', urlOf('one')), watch('ann', urlOf('two'))]
      await expectAllPlay(newcomers)
      const admittedMs = monotonicMs() - cutAt
      // Under `strict`, the server that is cut off has ended its sessions long before.
      const playing = () =>
        [...others, ...newcomers, ...cut].filter((each) => each.isPlaying).length
      const most = playing()
      const bound = policy === 'keep' ? max + cut.length : max
      note('partition', `${policy}: sessions, at most ${bound}`, 'server', `${most}`)
      note(
        'partition',
        `${policy}: places of the server are given to others`,
        'server',
        secondsOf(admittedMs),
      )
      expect(most).toBe(bound)
      expect(admittedMs).toBeGreaterThan(deathMs - 1000 * times.leaseSeconds)
      await network.setStoreLink('three', 'up')
      await becomes(isAllActive, true)
      const kept = policy === 'keep' ? [...others, ...cut] : others
      const seen = kept.map((each) => each.seen)
      const lost = seen.reduce((sum, { missing: gaps, runs }) => sum + gaps + runs - 1, 0)
      note(
        'partition',
        `${policy}: pictures and sessions lost by ${kept.length} viewers`,
        'server',
        `${lost}`,
      )
      expect(seen).toEqual(kept.map(() => ({ missing: 0, runs: 1 })))
      const counted = async () => {
        const { nodes } = await serverOf('three').call('GET', '/v1/cluster')
        const alive = nodes.filter(({ state }: { state: string }) => state !== 'dead')
        return alive.reduce((sum: number, { sessions }: { sessions: number }) => sum + sessions, 0)
      }
      await becomes(counted, bound)
      await Promise.all(viewers.splice(0).map((viewer) => viewer.stop()))
      await Promise.all(all().map((server) => server.stop()))
    })
  }
})
