import { backoffMs } from '../backoff.js'
import { TransportError } from '../errors.js'
import { checkFunction } from '../option-checks.js'
import { RedisStore, type RedisStoreOptions } from './redis-store.js'

/** Options of {@link openRedisStore}. @experimental */
export interface OpenRedisOptions extends Omit<RedisStoreOptions, 'client'> {
  /**
   * Address of Redis: `redis://HOST:PORT`, or `rediss://` for TLS, with `USER:PASSWORD@` in front of the host if Redis
   * requires a login; `unix:///PATH` for a socket of this machine.
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

interface RedisClient {
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
/** Maximum number of commands that wait for their replies. */
const maxCommands = 1000

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
  const place = placeOf(url)
  checkFunction('openRedisStore.onError', onError)
  const { createClient } = await load().catch((cause: unknown) => {
    const message = 'The package @redis/client cannot be loaded: npm install @redis/client'
    throw new TransportError('ERR_CLUSTER_PACKAGE', message, { cause })
  })
  const client = createClient({
    ...('url' in place && place),
    disableOfflineQueue: true,
    commandsQueueMaxLength: maxCommands,
    socket: {
      ...('path' in place && place),
      connectTimeout: deadlineMs,
      socketTimeout: deadlineMs,
      // The strategy of the package ends the client for good after a timeout of the socket.
      reconnectStrategy: (retries: number) => backoffMs(reconnects, retries + 1, Math.random()),
    },
  })
  client.on('error', onError)
  const store = new RedisStore({
    ...storeOptions,
    client: client as RedisClient & RedisStoreOptions['client'],
  })
  let isClosed = false
  client.connect().catch((error: unknown) => {
    if (!isClosed) onError(error)
  })
  return {
    store,
    close() {
      if (isClosed) return
      isClosed = true
      client.destroy()
    },
  }
}

async function loadPackage(): Promise<RedisPackage> {
  const { createClient } = await import('@redis/client')
  return { createClient: (options) => createClient(options) }
}

/**
 * Returns the address of Redis as its client expects it.
 *
 * @throws {TypeError} never shows the address, which may contain a password.
 */
function placeOf(url: string): { readonly url: string } | { readonly path: string } {
  checkUrl(url)
  if (url.startsWith('unix://')) return { path: decodeURIComponent(new URL(url).pathname) }
  return { url }
}

function checkUrl(url: unknown): void {
  const text = typeof url === 'string' ? url : ''
  const isUrl = URL.canParse(text) && /^(rediss?:\/\/.|unix:\/\/\/.)/.test(text)
  if (isUrl) return
  const expected = 'an address such as redis://127.0.0.1:6379 or unix:///run/redis.sock'
  throw new TypeError(`openRedisStore.url must be ${expected}`)
}
