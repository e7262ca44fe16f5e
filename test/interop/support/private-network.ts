import { fileURLToPath } from 'node:url'
import { Program, until } from './process.js'

export const privateAddresses = Object.freeze({ ipv4: '10.9.8.7', ipv6: 'fd09::7' })

/**
 * One interface with a route for everything. Its other end is here too, and must not take multicast of IPv6 in
 * again.
 */
const setUp = [
  'ip link set lo up',
  'ip link add lan0 type veth peer name lan1',
  `ip addr add ${privateAddresses.ipv4}/24 dev lan0`,
  `ip -6 addr add ${privateAddresses.ipv6}/64 dev lan0 nodad`,
  'ip link set lan1 addrgenmode none',
  'ip link set lan0 up',
  'ip link set lan1 up',
  'ip -6 route del multicast ff00::/8 dev lan1 table local',
  'ip route add default dev lan0',
].join(' && ')

const host = fileURLToPath(new URL('multicast-host.mjs', import.meta.url))

interface Counts {
  readonly datagrams: number
  readonly groups: number
  readonly viewers: number
  readonly packetsOut: number
}

/** `multicast-host.mjs` in a network that nobody else is in. */
export class MulticastHost {
  readonly url: string
  /** Runs a command in that network. */
  readonly within: readonly string[]
  readonly #program: Program

  private constructor(program: Program, url: string) {
    this.#program = program
    this.url = url
    this.within = ['nsenter', '--preserve-credentials', '-U', '-n', '-t', `${program.pid}`]
  }

  static async start(address: string, sockets: 'native' | 'plain'): Promise<MulticastHost> {
    const start = `${setUp} && exec ${process.execPath} ${host} ${address} ${sockets}`
    const program = new Program('unshare', ['-rn', 'sh', '-c', start])
    const listens = /^rtsp:\/\/\S+/
    await until(() => listens.test(program.stdout) || !program.isRunning, 15_000)
    const [url] = listens.exec(program.stdout) ?? []
    if (!url) throw new Error(`the server did not start: ${program.stdout}${program.stderr}`)
    return new MulticastHost(program, url)
  }

  /** All counts so far, one every 50 ms. */
  get counts(): readonly Counts[] {
    const lines = this.#program.stdout.split('\n').slice(1, -1)
    return lines.map((line) => JSON.parse(line) as Counts)
  }

  async close(): Promise<void> {
    await this.#program.stop('SIGTERM')
  }
}
