import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { networkInterfaces } from 'node:os'
import { fileURLToPath } from 'node:url'
import { reasonToSkip } from '../../../scripts/programs.mjs'
import { Program, until } from './process.js'

/** Where a server sends multicast to players that join where the routes say. */
export interface MulticastNetwork {
  /** Of this machine there. */
  readonly address: string
  /** The name of the interface. */
  readonly interface: string
  /** 0 where others could hear it. */
  readonly ttl: number
  /** Makes a network of its own for a command, which stands behind this one in `sh -c`. */
  readonly setUp: string | undefined
}

const privateAddresses = Object.freeze({ 4: '10.9.8.7', 6: 'fd09::7' })

/**
 * One interface with a route for everything. Its other end is here too, and must not take multicast of IPv6 in
 * again.
 */
const setUp = [
  'ip link set lo up',
  'ip link add lan0 type veth peer name lan1',
  `ip addr add ${privateAddresses[4]}/24 dev lan0`,
  `ip -6 addr add ${privateAddresses[6]}/64 dev lan0 nodad`,
  'ip link set lan1 addrgenmode none',
  'ip link set lan0 up',
  'ip link set lan1 up',
  'ip -6 route del multicast ff00::/8 dev lan1 table local',
  'ip route add default dev lan0',
].join(' && ')

/**
 * A network of its own where that is allowed; else the interface that the routes name for multicast, from which
 * nothing leaves the machine (ttl 0).
 *
 * @returns Why there is neither, as text.
 */
export async function multicastNetwork(family: 4 | 6): Promise<MulticastNetwork | string> {
  const reason = reasonToSkip('network namespace')
  if (reason === undefined) {
    return { address: privateAddresses[family], interface: 'lan0', ttl: 5, setUp }
  }
  const address = await routedAddress(family).catch(() => undefined)
  const own = Object.entries(networkInterfaces()).find(([, addresses = []]) =>
    addresses.some(
      (each) => each.address === address && each.scopeid === (family === 4 ? undefined : 0),
    ),
  )
  if (address === undefined || !own) return `${reason}; and no route for multicast of IPv${family}`
  return { address, interface: own[0], ttl: 0, setUp: undefined }
}

/** The address that the routes choose for what goes to a group. */
async function routedAddress(family: 4 | 6): Promise<string> {
  const socket = createSocket(family === 4 ? 'udp4' : 'udp6')
  try {
    socket.connect(31_000, family === 4 ? '239.255.13.1' : 'ff15::7:1')
    await once(socket, 'connect')
    return socket.address().address
  } finally {
    socket.close()
  }
}

const host = fileURLToPath(new URL('multicast-host.mjs', import.meta.url))

interface Counts {
  readonly datagrams: number
  readonly groups: number
  readonly viewers: number
  readonly packetsOut: number
}

/** `multicast-host.mjs` in a network where players join. */
export class MulticastHost {
  readonly url: string
  /** Runs a command in that network. */
  readonly within: readonly string[]
  readonly #program: Program

  private constructor(program: Program, url: string, network: MulticastNetwork) {
    this.#program = program
    this.url = url
    const enter = ['nsenter', '--preserve-credentials', '-U', '-n', '-t', `${program.pid}`]
    this.within = network.setUp === undefined ? [] : enter
  }

  static async start(
    network: MulticastNetwork,
    sockets: 'native' | 'plain',
  ): Promise<MulticastHost> {
    const { address, ttl } = network
    const command = [process.execPath, host, address, network.interface, `${ttl}`, sockets]
    const [first = '', ...rest] = network.setUp
      ? ['unshare', '-rn', 'sh', '-c', `${network.setUp} && exec ${command.join(' ')}`]
      : command
    const program = new Program(first, rest)
    const listens = /^rtsp:\/\/\S+/
    await until(() => listens.test(program.stdout) || !program.isRunning)
    const [url] = listens.exec(program.stdout) ?? []
    if (!url) throw new Error(`the server did not start: ${program.stdout}${program.stderr}`)
    return new MulticastHost(program, url, network)
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
