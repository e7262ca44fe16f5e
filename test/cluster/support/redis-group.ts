import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@redis/client'
import { settle } from '../../../packages/rtspool/test/support/until.js'
import { Program, until } from '../../interop/support/process.js'

/** Server of Redis, or sentinel, on a port of the loopback. */
export interface GroupServer {
  readonly port: number
  readonly program: Program
}

const name = 'rtspool-test'
const allSlots = 16_384
const reason = 'servers of Redis agree with each other in real time'

/** Waits until `isTrue` resolves to true. A server that does not reply yet counts as false. */
export async function eventually(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + 20_000
  while (!(await isTrue().catch(() => false))) {
    if (performance.now() > giveUpAt) throw new Error(`never came true: ${what}`)
    await settle(30, reason)
  }
}

/** Sends one command to a server. */
export async function ask(port: number, ...args: (string | number)[]): Promise<unknown> {
  const client = createClient({ socket: { host: '127.0.0.1', port, reconnectStrategy: false } })
  client.on('error', () => {})
  await client.connect()
  try {
    return await client.sendCommand(args.map(String))
  } finally {
    client.destroy()
  }
}

/** Servers of Redis on fixed ports, in a folder of their own. */
export class RedisGroup {
  readonly #servers: GroupServer[] = []
  #folder = ''

  /** Starts a server, and waits until it accepts connections. */
  async start(port: number, ...options: (string | number)[]): Promise<GroupServer> {
    this.#folder ||= mkdtempSync(join(tmpdir(), 'rtspool-group-'))
    const files = ['--dir', this.#folder, '--dbfilename', `${port}.rdb`, '--save', '']
    return await this.#run(port, ['--port', port, '--bind', '127.0.0.1', ...files, ...options])
  }

  /** Starts a master, and one replica of it that has its data. */
  async startPair(port: number, replicaPort: number): Promise<GroupServer> {
    const now = ['--repl-diskless-sync-delay', 0]
    const master = await this.start(port, ...now)
    await this.start(replicaPort, ...now, '--replicaof', '127.0.0.1', port)
    await eventually('the replica has the data', async () =>
      String(await ask(replicaPort, 'INFO', 'replication')).includes('master_link_status:up'),
    )
    return master
  }

  /**
   * Starts sentinels that watch a master, and waits until each knows the replica and the other sentinels.
   *
   * @returns Name of the master.
   */
  async startSentinels(ports: readonly number[], masterPort: number): Promise<string> {
    const quorum = Math.floor(ports.length / 2) + 1
    for (const port of ports) {
      const file = join(this.#folder, `${port}.conf`)
      const lines = [
        ...['bind 127.0.0.1', `port ${port}`, `dir ${this.#folder}`],
        `sentinel monitor ${name} 127.0.0.1 ${masterPort} ${quorum}`,
        `sentinel down-after-milliseconds ${name} 500`,
        `sentinel failover-timeout ${name} 3000`,
      ]
      writeFileSync(file, lines.join('\n'))
      await this.#run(port, [file, '--sentinel'])
    }
    for (const port of ports) {
      await eventually('the sentinel knows all others', async () => {
        const replicas = (await ask(port, 'SENTINEL', 'REPLICAS', name)) as unknown[]
        const sentinels = (await ask(port, 'SENTINEL', 'SENTINELS', name)) as unknown[]
        return replicas.length > 0 && sentinels.length === ports.length - 1
      })
    }
    return name
  }

  /**
   * Starts masters of a Redis Cluster that share all slots, and waits until the cluster accepts commands.
   *
   * @param busOffset - Distance of the ports on which the members speak to each other.
   */
  async startCluster(ports: readonly number[], busOffset: number): Promise<RedisCluster> {
    for (const port of ports) await this.startMember(port, busOffset)
    const slots = Math.ceil(allSlots / ports.length)
    for (const [n, port] of ports.entries()) {
      await ask(port, 'CLUSTER', 'SET-CONFIG-EPOCH', n + 1)
      await ask(
        port,
        'CLUSTER',
        'ADDSLOTSRANGE',
        n * slots,
        Math.min((n + 1) * slots, allSlots) - 1,
      )
    }
    const [first = 0, ...others] = ports
    for (const port of others) {
      await ask(first, 'CLUSTER', 'MEET', '127.0.0.1', port, port + busOffset)
    }
    for (const port of ports) {
      await eventually('the cluster is complete', async () => {
        const info = String(await ask(port, 'CLUSTER', 'INFO'))
        return info.includes('cluster_state:ok') && info.includes(`cluster_size:${ports.length}`)
      })
    }
    const slot = Number(await ask(first, 'CLUSTER', 'KEYSLOT', 'rtspool:{rtspool}:meta'))
    const owner = ports[Math.floor(slot / slots)] ?? 0
    return new RedisCluster(slot, owner, ports)
  }

  /** Starts a member of a Redis Cluster that has no slot. */
  async startMember(port: number, busOffset: number): Promise<GroupServer> {
    const bus = ['--cluster-port', port + busOffset, '--cluster-node-timeout', 2000]
    const file = ['--cluster-config-file', `${port}.nodes`]
    return await this.start(port, '--cluster-enabled', 'yes', ...bus, ...file)
  }

  /** Returns the program that listens on a port. */
  serverAt(port: number): Program {
    const server = this.#servers.find((each) => each.port === port)
    if (server === undefined) throw new Error(`no server on port ${port}`)
    return server.program
  }

  /** Ends all servers, and removes their files. */
  async stop(): Promise<void> {
    await Promise.all(this.#servers.splice(0).map(({ program }) => program.stop('SIGKILL')))
    rmSync(this.#folder, { recursive: true, force: true })
    this.#folder = ''
  }

  async #run(port: number, args: (string | number)[]): Promise<GroupServer> {
    const program = new Program('redis-server', args.map(String))
    const server = { port, program }
    this.#servers.push(server)
    const isReady = () => /eady to accept|Sentinel ID is/.test(program.stdout)
    await until(() => isReady() || !program.isRunning)
    if (!isReady()) throw new Error(`redis-server ${port}: ${program.stdout.slice(-500)}`)
    return server
  }
}

/** Masters of a Redis Cluster, one of which has the keys of the nodes. */
export class RedisCluster {
  /** Slot of the keys. */
  readonly slot: number
  /** Ports of the masters that do not have the keys at first. */
  readonly others: readonly [number, number]
  readonly #ports: readonly number[]
  #owner: number

  constructor(slot: number, owner: number, ports: readonly number[]) {
    this.slot = slot
    this.#owner = owner
    this.#ports = ports
    this.others = ports.filter((port) => port !== owner) as [number, number]
  }

  /** Port of the master that has the keys. */
  get owner(): number {
    return this.#owner
  }

  /**
   * Moves the keys to another master, as `redis-cli --cluster reshard` does.
   *
   * @returns Number of moved keys.
   */
  async moveKeys(to: number): Promise<number> {
    const from = this.#owner
    const [fromId, toId] = [await ask(from, 'CLUSTER', 'MYID'), await ask(to, 'CLUSTER', 'MYID')]
    await ask(to, 'CLUSTER', 'SETSLOT', this.slot, 'IMPORTING', String(fromId))
    await ask(from, 'CLUSTER', 'SETSLOT', this.slot, 'MIGRATING', String(toId))
    let moved = 0
    for (;;) {
      const keys = (await ask(from, 'CLUSTER', 'GETKEYSINSLOT', this.slot, 100)) as string[]
      if (keys.length === 0) break
      await ask(from, 'MIGRATE', '127.0.0.1', to, '', 0, 5000, 'KEYS', ...keys)
      moved += keys.length
    }
    this.#owner = to
    for (const port of [to, from, ...this.#ports]) {
      await ask(port, 'CLUSTER', 'SETSLOT', this.slot, 'NODE', String(toId))
    }
    return moved
  }
}
