import { backoffMs } from '../backoff.js'
import { systemClock } from '../clock.js'
import { TransportError } from '../errors.js'
import { checkFunction } from '../option-checks.js'
import { GroupClient, type OpenServer } from './redis/group-client.js'
import { readRedisAddress, type ServerGroup } from './redis/redis-address.js'
import type { RedisCommands } from './redis/redis-connection.js'
import { prefixOf, RedisStore, type RedisStoreOptions } from './redis-store.js'

/** Options of {@link openRedisStore}. @experimental */
export interface OpenRedisOptions extends Omit<RedisStoreOptions, 'client'> {
  /**
   * Address of Redis: `redis://HOST:PORT`, or `rediss://` for TLS, with `USER:PASSWORD@` in front of the host if Redis
   * requires a login. `unix:///PATH` is a socket of this machine.
   *
   * `redis+sentinel://HOST:PORT,HOST:PORT/MASTER` names Redis Sentinels and the master that they watch;
   * `?sentinel_username=USER&sentinel_password=PASSWORD` behind it is a login at the sentinels.
   * `redis+cluster://HOST:PORT,HOST:PORT` names some members of a Redis Cluster. With `rediss+` all connections use TLS.
   */
  readonly url: string
  /** Called with each error of the connection, which the client opens again by itself. @defaultValue ignores them */
  readonly onError?: ((error: unknown) => void) | undefined
}

/** A {@link RedisStore} with its own client. @experimental */
export interface OpenedRedisStore {
  readonly store: RedisStore
  /** Closes the connection to Redis. Requests that have no reply reject. Idempotent. */
  close(): void
}

/** Parts of the package `@redis/client` that a store needs. Declared here, so that nobody needs the package for its types. */
interface RedisPackage {
  createClient(options: object): RedisClient
}

interface RedisClient extends RedisCommands {
  readonly isReady: boolean
  on(event: 'error', listener: (error: unknown) => void): unknown
  connect(): Promise<unknown>
  destroy(): void
}

/**
 * Delays in milliseconds between attempts to connect. After a loss of data a ledger waits for all members, as long as a lease
 * (1 s at least): a longer delay would let a member miss that time.
 */
const reconnects = { firstMs: 50, maxMs: 500, jitter: 0.5 }
/** Milliseconds after which an attempt to connect, or a connection without any reply, ends. */
const deadlineMs = 5000
/** Milliseconds after which an attempt to connect to one of several servers ends, so that the next one gets its turn. */
const stepMs = 1000
/** Milliseconds without a reply after which the keys are looked for elsewhere: a master that hangs may have been replaced. */
const silenceMs = 2000
/** Options against commands that wait: none for a connection, and at most 1000 for their replies. */
const queues = { disableOfflineQueue: true, commandsQueueMaxLength: 1000 }

/**
 * Opens a store of a cluster with the optional package `@redis/client`. The connection is opened again after each loss.
 *
 * @returns Promise that resolves at once, also if Redis cannot be reached: requests to the store reject until it can.
 * @throws {TransportError} rejects with `ERR_CLUSTER_PACKAGE` if the package cannot be loaded.
 * @throws {RangeError | TypeError} rejects when an option is invalid, unknown, or missing.
 * @experimental
 */
export async function openRedisStore(
  options: OpenRedisOptions,
  load: () => Promise<RedisPackage> = loadPackage,
): Promise<OpenedRedisStore> {
  const { url, onError = () => {}, ...storeOptions } = options
  const address = readRedisAddress('openRedisStore.url', url)
  checkFunction('openRedisStore.onError', onError)
  const { createClient } = await load().catch((cause: unknown) => {
    const message = 'The package @redis/client cannot be loaded: npm install @redis/client'
    throw new TransportError('ERR_CLUSTER_PACKAGE', message, { cause })
  })
  const client =
    'kind' in address
      ? new GroupClient({
          ...{ group: address, key: `${prefixOf(storeOptions.name)}meta`, onError },
          ...{ open: opener(createClient, address), clock: systemClock, backoff: reconnects },
          silenceMs,
        })
      : openServer(createClient, address, onError)
  try {
    return { store: new RedisStore({ ...storeOptions, client }), close: () => client.close() }
  } catch (error) {
    client.close()
    throw error
  }
}

/** Connects to the one server of Redis, again and again. */
function openServer(
  createClient: RedisPackage['createClient'],
  address: { readonly url: string } | { readonly path: string },
  onError: (error: unknown) => void,
): RedisCommands & { close(): void } {
  const client = createClient({
    ...('url' in address && address),
    ...queues,
    socket: {
      ...('path' in address && address),
      connectTimeout: deadlineMs,
      socketTimeout: deadlineMs,
      // The strategy of the package ends the client for good after a timeout of the socket.
      reconnectStrategy: (retries: number) => backoffMs(reconnects, retries + 1, Math.random()),
    },
  })
  client.on('error', onError)
  let isClosed = false
  client.connect().catch((error: unknown) => {
    if (!isClosed) onError(error)
  })
  return {
    sendCommand: (args) => client.sendCommand(args),
    close() {
      if (isClosed) return
      isClosed = true
      client.destroy()
    },
  }
}

/** Returns a function that connects once to a server of a group. */
function opener(createClient: RedisPackage['createClient'], { isSecure }: ServerGroup): OpenServer {
  return async (server, login, onLost) => {
    const client = createClient({
      ...login,
      ...queues,
      // The timeout of the socket does not end a connection that the node needs seldom.
      pingInterval: deadlineMs / 2,
      socket: {
        ...server,
        ...(isSecure && { tls: true }),
        connectTimeout: stepMs,
        socketTimeout: deadlineMs,
        reconnectStrategy: false,
      },
    })
    client.on('error', onLost)
    try {
      await client.connect()
    } catch (error) {
      client.destroy()
      throw error
    }
    return {
      get isOpen() {
        return client.isReady
      },
      sendCommand: (args) => client.sendCommand(args),
      close: () => client.destroy(),
    }
  }
}

async function loadPackage(): Promise<RedisPackage> {
  const { createClient } = await import('@redis/client')
  return { createClient: (options) => createClient(options) as RedisClient }
}
