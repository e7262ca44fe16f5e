import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Program, until } from '../../interop/support/process.js'
import { Namespace } from '../../network/support/namespace.js'

/** Hosts that serve, in the order of their addresses. */
export const serverNames = ['one', 'two', 'three'] as const
export type ServerName = (typeof serverNames)[number]
/** Hosts of clients. */
export type ClientName = 'ann' | 'bob'
type Host = 'store' | 'balancer' | ServerName | ClientName

const rtspPort = 8554
/** Last parts of the addresses in the network of the clients, 10.88.1.0/24; and of those that reach the store, 10.88.2.0/24. */
const frontPlaces: Partial<Record<Host, number>> = {
  ...{ balancer: 2, one: 11, two: 12, three: 13, ann: 21, bob: 22 },
}
const backPlaces: Partial<Record<Host, number>> = { store: 1, one: 11, two: 12, three: 13 }

/** Address of a host for clients. */
export const addressOf = (host: Exclude<Host, 'store'>): string => `10.88.1.${frontPlaces[host]}`
/** URL of the store for servers. */
export const storeUrl = `redis://10.88.2.${backPlaces.store}:6379`
/** Beginning of the URLs of a server, or of all behind the balancer. */
export const urlOf = (host: ServerName | 'balancer'): string =>
  `rtsp://${addressOf(host)}:${rtspPort}`

/** Milliseconds between two looks of the balancer at each server, two of which must fail. */
const checkMs = 300

/**
 * Hosts with networks of their own, which end with the test: three servers, their store, a balancer and two clients.
 *
 * ```text
 *        10.88.1.0/24                       10.88.2.0/24
 * ann ──┐            ┌── one   ──┐
 * bob ──┤  balancer  ├── two   ──┼── store
 *       └── .2 ──────┴── three ──┘
 * ```
 */
export class ClusterNetwork {
  readonly #hub: Namespace
  readonly #hosts = new Map<Host, Namespace>()
  readonly #folder = mkdtempSync(join(tmpdir(), 'rtspool-hosts-'))
  #balancer: Program | undefined

  private constructor(hub: Namespace) {
    this.#hub = hub
  }

  /** Opens the networks, and starts Redis and HAProxy in them. */
  static async open(): Promise<ClusterNetwork> {
    const network = new ClusterNetwork(await Namespace.open())
    try {
      await network.#connect()
      await network.#startStore()
      await network.#startBalancer()
      return network
    } catch (error) {
      await network.close()
      throw error
    }
  }

  /** Starts a program on a host. */
  start(host: Host, command: readonly string[], env?: Readonly<Record<string, string>>): Program {
    const [first = '', ...rest] = [...this.within(host), ...command]
    return new Program(first, rest, { env })
  }

  within(host: Host): readonly string[] {
    return (this.#hosts.get(host) as Namespace).within
  }

  /** Returns whether the balancer sends clients to a server. */
  isUp(server: ServerName): boolean {
    const log = this.#balancer?.stderr ?? ''
    return log.lastIndexOf(`rtsp/${server} is UP`) > log.lastIndexOf(`rtsp/${server} is DOWN`)
  }

  /** Cuts the link of a server to the store in both directions, and brings it back. The link to the clients stays. */
  async setStoreLink(server: ServerName, state: 'up' | 'down'): Promise<void> {
    await this.#hub.run(`ip link set back${backPlaces[server]} ${state}`)
  }

  async close(): Promise<void> {
    for (const host of this.#hosts.values()) await host.close()
    await this.#hub.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #connect(): Promise<void> {
    const bridges = ['front', 'back'].flatMap((name) => [
      `ip link add ${name} type bridge`,
      `ip link set ${name} up`,
    ])
    await this.#hub.run('ip link set lo up', ...bridges)
    const hosts = new Set([...Object.keys(frontPlaces), ...Object.keys(backPlaces)] as Host[])
    for (const host of hosts) {
      const namespace = await Namespace.open(this.#hub)
      this.#hosts.set(host, namespace)
      await namespace.run('ip link set lo up')
      const links = [
        { bridge: 'front', network: 1, place: frontPlaces[host] },
        { bridge: 'back', network: 2, place: backPlaces[host] },
      ]
      for (const { bridge, network, place } of links) {
        if (place === undefined) continue
        const port = `${bridge}${place}`
        await this.#hub.run(
          `ip link add ${port} type veth peer name ${bridge}0 netns ${namespace.pid}`,
          `ip link set ${port} master ${bridge}`,
          `ip link set ${port} up`,
        )
        await namespace.run(
          `ip addr add 10.88.${network}.${place}/24 dev ${bridge}0`,
          `ip link set ${bridge}0 up`,
        )
      }
    }
  }

  async #startStore(): Promise<void> {
    const { hostname } = new URL(storeUrl)
    const store = this.start('store', [
      ...['redis-server', '--bind', hostname, '--protected-mode', 'no'],
      ...['--save', '', '--appendonly', 'no', '--dir', this.#folder],
    ])
    await ready(store, () => store.stdout.includes('eady to accept connections'))
  }

  async #startBalancer(): Promise<void> {
    const file = join(this.#folder, 'haproxy.cfg')
    writeFileSync(file, balancerConfiguration())
    const balancer = this.start('balancer', ['haproxy', '-db', '-f', file])
    // No server has been started yet.
    await ready(balancer, () => balancer.stderr.includes('no server available'))
    this.#balancer = balancer
  }
}

async function ready(program: Program, isReady: () => boolean): Promise<void> {
  if ((await until(() => isReady() || !program.isRunning)) && program.isRunning) return
  throw new Error(`${program.name} did not start: ${program.stdout}${program.stderr}`)
}

/** Configuration that sends the connections of one client address to one server, as long as that lives. */
function balancerConfiguration(): string {
  const servers = serverNames.map(
    (name) =>
      `  server ${name} ${addressOf(name)}:${rtspPort} send-proxy-v2 check check-send-proxy`,
  )
  return [
    ...[
      'defaults',
      '  mode tcp',
      '  timeout connect 2s',
      '  timeout client 1h',
      '  timeout server 1h',
    ],
    ...['listen rtsp', `  bind ${addressOf('balancer')}:${rtspPort}`],
    ...['  balance source', '  hash-type consistent', '  option redispatch'],
    `  default-server inter ${checkMs}ms fall 2 rise 1 on-marked-down shutdown-sessions`,
    ...[...servers, ''],
  ].join('\n')
}
