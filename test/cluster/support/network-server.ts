import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Program, until } from '../../interop/support/process.js'
import {
  addressOf,
  type ClusterNetwork,
  type ServerName,
  storeUrl,
  urlOf,
} from './cluster-network.js'

const main = fileURLToPath(new URL('../../../packages/rtspool-server/lib/main.js', import.meta.url))
const apiCall = fileURLToPath(new URL('api-call.mjs', import.meta.url))
const apiPort = 9997

/** Seconds of lease and grace: other servers may have the places of a dead one after both. */
export const times = { leaseSeconds: 2, graceSeconds: 2 }

/** A session, as the API lists it. */
export interface ListedSession {
  readonly action?: string
  readonly address?: string
  readonly paths: readonly string[]
  readonly node: { readonly name?: string }
}

/** The command as a server of a cluster, on a host of its own. */
export class NetworkServer {
  readonly name: ServerName
  readonly program: Program
  readonly #network: ClusterNetwork
  readonly #folder: string

  private constructor(name: ServerName, network: ClusterNetwork, folder: string, program: Program) {
    this.name = name
    this.program = program
    this.#network = network
    this.#folder = folder
  }

  /** @param cluster - Name of the cluster. */
  static async start(
    network: ClusterNetwork,
    name: ServerName,
    { policy, cluster }: { readonly policy: 'keep' | 'strict'; readonly cluster: string },
  ): Promise<NetworkServer> {
    const folder = mkdtempSync(join(tmpdir(), 'rtspool-host-'))
    const file = join(folder, 'rtspool.yml')
    const peers = { address: urlOf(name), key: 'a secret of all servers' }
    const store = { url: storeUrl, name: cluster, node: name, policy, ...times, ...peers }
    const config = {
      rtsp: { host: addressOf(name), trustedProxies: [addressOf('balancer')] },
      api: { port: apiPort },
      bans: { exempt: [] },
      limits: { maxSessions: 100, maxSessionsPerAddress: 0 },
      cluster: store,
    }
    // JSON is YAML.
    writeFileSync(file, JSON.stringify(config))
    const command = [process.execPath, main, '--config', file]
    const program = network.start(name, command, { STATE_DIRECTORY: folder })
    const server = new NetworkServer(name, network, folder, program)
    const isReady = () => /listens on/.test(program.stdout) && server.#token !== undefined
    if ((await until(() => isReady() || !program.isRunning)) && isReady()) return server
    await server.stop()
    throw new Error(`${name} did not start: ${program.stdout}${program.stderr}`)
  }

  get #token(): string | undefined {
    return /(rtspool_\S+)/.exec(this.program.stdout)?.[1]
  }

  /** Calls the control API. @throws {Error} When the response is no success. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads the members that it expects
  async call(method: string, path: string, body?: object): Promise<any> {
    const url = `http://127.0.0.1:${apiPort}${path}`
    const text = body === undefined ? [] : [JSON.stringify(body)]
    const command = [process.execPath, apiCall, this.#token ?? '', method, url, ...text]
    const program = this.#network.start(this.name, command)
    await program.exited
    if (program.stdout === '') throw new Error(`${method} ${path}: ${program.stderr}`)
    const { status, body: answer } = JSON.parse(program.stdout)
    if (status >= 200 && status < 300) return answer
    throw new Error(`${method} ${path}: ${status} ${JSON.stringify(answer)}`)
  }

  /** Lists the sessions of all servers. */
  async sessions(): Promise<readonly ListedSession[]> {
    return (await this.call('GET', '/v1/sessions')).sessions
  }

  /** Returns the states of the servers by their names. */
  async states(): Promise<Readonly<Record<string, string>>> {
    const { nodes = [] } = await this.call('GET', '/v1/cluster')
    const rows = nodes as readonly { readonly name: string; readonly state: string }[]
    return Object.fromEntries(rows.map(({ name, state }) => [name, state]))
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.program.stop(signal)
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
