import { fileURLToPath } from 'node:url'
import { Namespace } from './namespace.js'

/** Where a command runs. */
export type Host = 'server' | 'router' | 'client'

/** What the way from a server to a client does to what travels on it. */
export interface RouteOptions {
  /** Bytes of the largest IP packet on the link to the client; 1500 on that to the server. @default 1500 */
  readonly mtu?: number
  /** Of datagrams to and from the client, those that get lost, in percent. @default 0 */
  readonly lossPercent?: number
  /** What the router does with UDP to the client. @default let it pass */
  readonly udp?: 'pass' | 'reject' | 'drop'
  /** Whether the client stands behind a NAT (IPv4), which gives it other ports or keeps its own. @default none */
  readonly nat?: 'none' | 'new ports' | 'same ports'
}

const reach = fileURLToPath(new URL('reach.mjs', import.meta.url))

export const serverAddresses = Object.freeze({ 4: '10.77.1.1', 6: 'fd77:1::1' })

/**
 * A server, a router and a client with a network of their own, in namespaces that end with the test.
 *
 * ```text
 * server 10.77.1.1 ──1500── 10.77.1.2 router 10.77.2.1 ──mtu── 10.77.2.2 client
 *        fd77:1::1          fd77:1::2        fd77:2::1         fd77:2::2
 * ```
 */
export class Route {
  readonly #hosts: Readonly<Record<Host, Namespace>>

  private constructor(hosts: Readonly<Record<Host, Namespace>>) {
    this.#hosts = hosts
  }

  /** @throws {Error} When the system does not allow it; `reasonToSkip('network namespace')` tells before. */
  static async open(options: RouteOptions = {}): Promise<Route> {
    const server = await Namespace.open()
    const another = () => Namespace.open(server)
    const route = new Route({ server, router: await another(), client: await another() })
    try {
      await route.#connect(options.mtu ?? 1500)
      await route.run(
        'client',
        `${process.execPath} ${reach} ${Object.values(serverAddresses).join(' ')}`,
      )
      await route.#filter(options)
    } catch (error) {
      await route.close()
      throw error
    }
    return route
  }

  /** Runs a command on a host: it stands in front of the command. */
  within(host: Host): readonly string[] {
    return this.#hosts[host].within
  }

  /** Runs lines of a shell on a host. @throws {Error} With what they say, when one fails. */
  run(host: Host, ...lines: readonly string[]): Promise<void> {
    return this.#hosts[host].run(...lines)
  }

  /** The NAT forgets what it knows, as after a restart: what comes next gets another port. */
  async rebind(): Promise<void> {
    // Masquerading forgets what it has given an address when that goes.
    await this.run('router', 'ip addr del 10.77.1.2/24 dev rs', 'ip addr add 10.77.1.2/24 dev rs')
  }

  async close(): Promise<void> {
    const { server, router, client } = this.#hosts
    for (const host of [client, router, server]) await host.close()
  }

  async #connect(mtu: number): Promise<void> {
    const { router, client } = this.#hosts
    await this.run(
      'server',
      'ip link set lo up',
      `ip link add sr type veth peer name rs netns ${router.pid}`,
      ...linkUp('sr', '1.1'),
      'ip route add default via 10.77.1.2',
      'ip -6 route add default via fd77:1::2',
    )
    await this.run(
      'router',
      'echo 1 > /proc/sys/net/ipv4/ip_forward',
      'echo 1 > /proc/sys/net/ipv6/conf/all/forwarding',
      `ip link add rc type veth peer name cr netns ${client.pid}`,
      `ip link set rc mtu ${mtu}`,
      ...linkUp('rs', '1.2'),
      ...linkUp('rc', '2.1'),
    )
    await this.run(
      'client',
      'ip link set lo up',
      `ip link set cr mtu ${mtu}`,
      ...linkUp('cr', '2.2'),
      'ip route add default via 10.77.2.1',
      'ip -6 route add default via fd77:2::1',
    )
  }

  async #filter({ lossPercent = 0, udp = 'pass', nat = 'none' }: RouteOptions): Promise<void> {
    const rules: string[] = []
    if (lossPercent > 0) {
      rules.push(`meta l4proto udp numgen random mod 1000 lt ${lossPercent * 10} drop`)
    }
    if (udp !== 'pass') rules.push(`oifname rc meta l4proto udp ${udp}`)
    const commands = rules.map((rule) => `nft add rule inet way passing ${rule}`)
    await this.run(
      'router',
      'nft add table inet way',
      "nft add chain inet way passing '{ type filter hook forward priority 0; }'",
      ...commands,
    )
    if (nat === 'none') return
    await this.run(
      'router',
      'nft add table ip nat',
      "nft add chain ip nat leaving '{ type nat hook postrouting priority 100; }'",
      `nft add rule ip nat leaving oifname rs masquerade ${nat === 'new ports' ? 'random' : ''}`,
    )
  }
}

const linkUp = (name: string, place: string): readonly string[] => [
  `ip addr add 10.77.${place}/24 dev ${name}`,
  `ip -6 addr add fd77:${place.replace('.', '::')}/64 dev ${name} nodad`,
  `ip link set ${name} up`,
]
