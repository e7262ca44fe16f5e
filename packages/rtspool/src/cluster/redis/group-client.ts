import { type Backoff, backoffMs } from '../../backoff.js'
import type { Clock, ClockTimer } from '../../clock.js'
import type { ServerAddress, ServerGroup, ServerLogin } from './redis-address.js'
import type { RedisCommands } from './redis-connection.js'

/** Connection to one server of Redis, or to one sentinel. */
export interface ServerConnection extends RedisCommands {
  /** False once the connection has ended. */
  readonly isOpen: boolean
  /** Ends the connection. Commands without reply reject. Idempotent. */
  close(): void
}

/** Function that connects to a server. Its promise rejects when that fails. */
export type OpenServer = (
  server: ServerAddress,
  login: ServerLogin,
  /** Called when the open connection has failed. */
  onLost: (error: unknown) => void,
) => Promise<ServerConnection>

/** Options of a {@link GroupClient}. */
interface GroupClientOptions {
  readonly group: ServerGroup
  /** Key by which the members of a Redis Cluster tell who has all keys of the store. */
  readonly key: string
  readonly open: OpenServer
  readonly clock: Clock
  /** Delays between two searches for the server. */
  readonly backoff: Backoff
  /**
   * Milliseconds without any reply after which the next command ends the connection. The timeout of a socket does not: each
   * command that is written prolongs it.
   */
  readonly silenceMs: number
  /** Called with the error of each search and each connection that fails. */
  readonly onError: (error: unknown) => void
}

/** Connection to the server that has the keys. */
interface Found {
  readonly connection: ServerConnection
  /** Number of commands without reply. */
  waiting: number
  /** Monotonic time in milliseconds of the last reply, or of the first command that waits. */
  heardAt: number
}

/** Largest number of members of a Redis Cluster that one search asks in a row. */
const maxMoves = 5
/** Errors of a server that has the keys no longer, or not alone. */
const lostKeys = /^(MOVED|READONLY|MASTERDOWN|CLUSTERDOWN) /

/**
 * Client of the one server that has the keys, which may change: the master behind sentinels, or a member of a Redis
 * Cluster. The client looks for the server until the client is closed, also after each loss. Meanwhile each command
 * rejects at once.
 *
 * The clients of sentinels and clusters in `@redis/client` hold commands back and send them again later.
 *
 * @see https://redis.io/docs/latest/develop/reference/sentinel-clients/
 */
export class GroupClient implements RedisCommands {
  readonly #options: GroupClientOptions
  /** Sentinels or members: the one that has answered last is asked first. */
  #servers: readonly ServerAddress[]
  #found: Found | undefined
  #failures = 0
  #timer: ClockTimer | undefined
  #isClosed = false

  /** Creates a client, and begins to look for the server. */
  constructor(options: GroupClientOptions) {
    this.#options = options
    this.#servers = options.group.servers
    void this.#search()
  }

  async sendCommand(args: string[]): Promise<unknown> {
    const found = this.#found
    if (found === undefined) throw new Error('no server of Redis is known to have the keys')
    this.#checkSilence(found)
    found.waiting++
    try {
      const reply = await found.connection.sendCommand(args)
      this.#failures = 0
      return reply
    } catch (error) {
      if (error instanceof Error && lostKeys.test(error.message)) {
        this.#leave(found.connection, error)
      }
      throw error
    } finally {
      found.waiting--
      found.heardAt = this.#options.clock.now()
    }
  }

  /** Ends the search and the connection. Idempotent. */
  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
    this.#found?.connection.close()
    this.#found = undefined
  }

  /** @throws {Error} The server has been silent for too long; another search has begun. */
  #checkSilence(found: Found): void {
    const { clock, silenceMs } = this.#options
    const now = clock.now()
    if (found.waiting === 0) found.heardAt = now
    if (now - found.heardAt < silenceMs) return
    const error = new Error(`no reply for ${silenceMs} ms`)
    this.#leave(found.connection, error)
    throw error
  }

  async #search(): Promise<void> {
    try {
      const connection = await this.#find()
      if (this.#isClosed) connection.close()
      else if (connection.isOpen) this.#found = { connection, waiting: 0, heardAt: 0 }
      else throw new Error('the connection has ended at once')
    } catch (error) {
      if (this.#isClosed) return
      this.#options.onError(error)
      this.#searchLater()
    }
  }

  #searchLater(): void {
    const { clock, backoff } = this.#options
    const delayMs = backoffMs(backoff, ++this.#failures, Math.random())
    this.#timer = clock.schedule(() => void this.#search(), delayMs, true)
  }

  #leave(connection: ServerConnection, error: unknown): void {
    if (this.#found?.connection !== connection) return
    this.#found = undefined
    connection.close()
    this.#options.onError(error)
    this.#searchLater()
  }

  /** Asks one server of the group after the other. */
  async #find(): Promise<ServerConnection> {
    const { kind } = this.#options.group
    const failures: string[] = []
    for (const server of this.#servers) {
      if (this.#isClosed) break
      try {
        const found = kind === 'sentinel' ? this.#askSentinel(server) : this.#askMember(server)
        const connection = await found
        this.#servers = [server, ...this.#servers.filter((other) => other !== server)]
        return connection
      } catch (error) {
        failures.push(`${server.host}:${server.port}: ${textOf(error)}`)
      }
    }
    throw new Error(failures.join('; '))
  }

  async #askSentinel(server: ServerAddress): Promise<ServerConnection> {
    const { master, login, sentinelLogin } = this.#options.group
    const sentinel = await this.#options.open(server, sentinelLogin, () => {})
    let address: unknown
    try {
      address = await sentinel.sendCommand(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', master])
    } finally {
      sentinel.close()
    }
    if (!Array.isArray(address)) throw new Error(`the sentinel watches no master ${master}`)
    const [host, port] = address.map(String)
    return await this.#open({ host: host ?? '', port: Number(port) }, login)
  }

  /** Asks a member of a Redis Cluster for the key, and then the member that it names. */
  async #askMember(first: ServerAddress): Promise<ServerConnection> {
    let server = first
    for (let moves = 0; ; moves++) {
      const connection = await this.#open(server, this.#options.group.login)
      try {
        await connection.sendCommand(['EXISTS', this.#options.key])
        return connection
      } catch (error) {
        connection.close()
        const next = movedTo(error, server)
        if (next === undefined || moves === maxMoves) throw error
        server = next
      }
    }
  }

  async #open(server: ServerAddress, login: ServerLogin): Promise<ServerConnection> {
    let connection: ServerConnection | undefined
    const onLost = (error: unknown): void => {
      if (connection !== undefined) this.#leave(connection, error)
    }
    connection = await this.#options.open(server, login, onLost)
    return connection
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Returns the server that an error such as `MOVED 3999 10.0.0.7:6381` names. An empty host is that of the sender. */
function movedTo(error: unknown, sender: ServerAddress): ServerAddress | undefined {
  const [, host, port] = /^MOVED \d+ (.*):(\d+)$/.exec(textOf(error)) ?? []
  return port === undefined ? undefined : { host: host || sender.host, port: Number(port) }
}
