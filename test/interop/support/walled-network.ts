import { fileURLToPath } from 'node:url'
import type { RtspServerOptions } from 'rtspool'
import { fixedPorts } from './fixed-ports.js'
import { Program, until } from './process.js'

/** What a firewall does with datagrams that the server sends, or that it is sent. */
export type Wall = 'reject' | 'drop'

const host = fileURLToPath(new URL('walled-host.mjs', import.meta.url))
/** The UDP ports of the server; a client with one of these would stand on the wrong side of the wall. */
const serverPorts = fixedPorts.walled.join('-')
const input = "nft add chain inet wall input '{ type filter hook input priority 0; }'"

/** An event of the server; see `walled-host.mjs`. */
export interface WalledEvent {
  readonly event: string
  readonly path?: string
  readonly reason?: string
  readonly packetsOut?: number
  readonly client?: string
  readonly track?: number
  readonly protocol?: string
  readonly announcedPort?: number
  readonly seenPort?: number
}

/** A server in a network of its own, with a firewall between it and its clients. */
export class WalledNetwork {
  readonly url: string
  /** Runs a command in that network. */
  readonly within: readonly string[]
  readonly #program: Program

  private constructor(program: Program, url: string) {
    this.#program = program
    this.url = url
    this.within = ['nsenter', '--preserve-credentials', '-U', '-n', '-t', `${program.pid}`]
  }

  /** @param wall - For what the server sends; nothing when absent. */
  static async start(wall?: Wall, options: RtspServerOptions = {}): Promise<WalledNetwork> {
    const rule = `nft add rule inet wall input udp sport ${serverPorts} ${wall}`
    const table = ['nft add table inet wall', input, ...(wall ? [rule] : [])]
    const setUp = ['ip link set lo up', ...table].join(' && ')
    const command = `${setUp} && exec "$0" "$@"`
    const program = new Program('unshare', [
      ...[
        '-rn',
        'sh',
        '-c',
        command,
        process.execPath,
        host,
        JSON.stringify({ udpPorts: fixedPorts.walled, ...options }),
      ],
    ])
    const listens = /^rtsp:\/\/\S+/
    await until(() => listens.test(program.stdout) || !program.isRunning)
    const [url] = listens.exec(program.stdout) ?? []
    if (!url) throw new Error(`the server did not start: ${program.stdout}${program.stderr}`)
    return new WalledNetwork(program, url)
  }

  /** From now on the server is sent nothing by UDP. */
  async dropIncoming(): Promise<void> {
    await this.#nft(['add', 'rule', 'inet', 'wall', 'input', 'udp', 'dport', serverPorts, 'drop'])
  }

  /** From now on nothing passes by TCP, and nobody is told. */
  async cutConnections(): Promise<void> {
    const port = new URL(this.url).port
    for (const side of ['sport', 'dport']) {
      await this.#nft(['add', 'rule', 'inet', 'wall', 'input', 'tcp', side, port, 'drop'])
    }
  }

  /**
   * From now on UDP to the server comes from other ports than its clients have: above those that ffmpeg (5000 to 65000)
   * and the kernel (up to 60999) choose, since a NAT leaves a port alone that is in its range already.
   */
  async changePorts(): Promise<void> {
    await this.#nft(['add', 'table', 'ip', 'nat'])
    const hook = '{ type nat hook postrouting priority 100; }'
    await this.#nft(['add', 'chain', 'ip', 'nat', 'out', hook])
    const change = ['snat', 'to', '127.0.0.1:65100-65500']
    await this.#nft(['add', 'rule', 'ip', 'nat', 'out', 'udp', 'dport', serverPorts, ...change])
  }

  async #nft(args: readonly string[]): Promise<void> {
    const [first = '', ...rest] = this.within
    const program = new Program(first, [...rest, 'nft', ...args])
    const status = await program.exited
    if (status !== 0) throw new Error(`nft ended with ${status}: ${program.stderr}`)
  }

  /** Runs a program in the network. */
  run(command: string, args: readonly string[]): Program {
    const [first = '', ...rest] = this.within
    return new Program(first, [...rest, command, ...args])
  }

  get events(): readonly WalledEvent[] {
    const lines = this.#program.stdout.split('\n').slice(1, -1)
    return lines.map((line) => JSON.parse(line) as WalledEvent)
  }

  /** Why sessions have left, in order. */
  get reasons(): readonly (string | undefined)[] {
    return this.events.filter(({ event }) => event === 'removed').map(({ reason }) => reason)
  }

  async close(): Promise<void> {
    await this.#program.stop('SIGTERM')
  }
}
