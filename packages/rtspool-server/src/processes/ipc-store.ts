import { type Clock, type ClockTimer, systemClock, TransportError } from 'rtspool'
import { type ClusterStore, MemoryStore } from 'rtspool/cluster'
import type { StoreReply, StoreRequest } from './process-messages.js'

/** Milliseconds after which a request to the parent process without reply rejects. */
const defaultTimeoutMs = 1000
/** Maximum number of requests that wait for their replies, or that the system has not accepted yet. */
const maxPending = 1000

/** Names of the functions of a store, those of {@link MemoryStore}: its data are in the parent process. */
export const storeMethods: ReadonlySet<string> = new Set(
  Object.getOwnPropertyNames(MemoryStore.prototype).filter(
    (name) => name !== 'constructor' && name !== 'clear',
  ),
)

/** Way of messages to the parent process. */
export interface ParentChannel {
  /** False when the parent process has ended. */
  readonly isOpen: boolean
  /**
   * Sends a message.
   *
   * @param sent - Called when the system has accepted or refused the message.
   */
  send(message: StoreRequest, sent: (error: Error | null) => void): void
}

/** Options of {@link openIpcStore}; all optional. */
export interface IpcStoreOptions {
  /** Milliseconds after which a request without reply rejects. @default 1000 */
  readonly timeoutMs?: number | undefined
  /** Clock by which `timeoutMs` is measured. @default systemClock */
  readonly clock?: Clock | undefined
}

/** Store of a cluster of processes, in one of the child processes. */
export interface IpcStore {
  /** Store whose functions send requests to the parent process. They reject with `ERR_CLUSTER_STORE` without reply. */
  readonly store: ClusterStore
  /** Settles the request to which a reply belongs. A late reply has no effect. */
  receive(reply: StoreReply): void
  /** Rejects all requests that have no reply, and all further ones. Idempotent. */
  close(): void
}

interface PendingRequest {
  readonly timer: ClockTimer
  resolve(result: unknown): void
  reject(error: Error): void
}

/** Creates a store that asks the parent process, which has the data. */
export function openIpcStore(channel: ParentChannel, options: IpcStoreOptions = {}): IpcStore {
  const requests = new Requests(channel, options)
  const functions = [...storeMethods].map((method) => [
    method,
    (...args: readonly unknown[]) => requests.send(method, args),
  ])
  return {
    store: Object.fromEntries(functions) as ClusterStore,
    receive: (reply) => requests.receive(reply),
    close: () => requests.close(),
  }
}

/** Requests to the parent process that have no reply yet. */
class Requests {
  readonly #channel: ParentChannel
  readonly #clock: Clock
  readonly #timeoutMs: number
  readonly #pending = new Map<number, PendingRequest>()
  #lastId = 0
  /** Number of messages that the system has not accepted yet, because the parent process does not read. */
  #unsent = 0
  #isClosed = false

  constructor(channel: ParentChannel, options: IpcStoreOptions) {
    const { clock = systemClock, timeoutMs = defaultTimeoutMs } = options
    this.#channel = channel
    this.#clock = clock
    this.#timeoutMs = timeoutMs
  }

  send(method: string, args: readonly unknown[]): Promise<unknown> {
    if (this.#isClosed || !this.#channel.isOpen) return rejected('the parent process has ended')
    if (Math.max(this.#pending.size, this.#unsent) >= maxPending) {
      return rejected(`${maxPending} requests wait for the parent process`)
    }
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      const late = (): void => {
        this.#pending.delete(id)
        reject(storeError(`no reply to ${method} in ${this.#timeoutMs} ms`))
      }
      const timer = this.#clock.schedule(late, this.#timeoutMs, false)
      this.#pending.set(id, { timer, resolve, reject })
      this.#unsent++
      this.#channel.send({ kind: 'storeRequest', id, method, args }, (error) => {
        this.#unsent--
        if (error) this.#take(id)?.reject(storeError(error.message, error))
      })
    })
  }

  receive({ id, result, error }: StoreReply): void {
    const request = this.#take(id)
    if (error) request?.reject(errorOf(error))
    else request?.resolve(result)
  }

  close(): void {
    this.#isClosed = true
    for (const id of this.#pending.keys()) {
      this.#take(id)?.reject(storeError('the connection to the parent process was closed'))
    }
  }

  #take(id: number): PendingRequest | undefined {
    const request = this.#pending.get(id)
    this.#pending.delete(id)
    request?.timer.cancel()
    return request
  }
}

const storeError = (message: string, cause?: unknown): TransportError =>
  new TransportError('ERR_CLUSTER_STORE', `Parent process: ${message}`, { cause })

const rejected = (message: string): Promise<never> => Promise.reject(storeError(message))

/** Returns the error that the store has thrown in the parent process: mistakes of the caller keep their class. */
function errorOf({ name, message }: { readonly name: string; readonly message: string }): Error {
  if (name === 'RangeError') return new RangeError(message)
  return name === 'TypeError' ? new TypeError(message) : storeError(message)
}
