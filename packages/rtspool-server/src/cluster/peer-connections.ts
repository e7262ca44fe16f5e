import { type Clock, type ClockTimer, systemClock } from 'rtspool'
import type { RtspResponse } from 'rtspool/rtsp'
import { type PeerAnswer, PeerConnection, type PeerRequestBytes } from './peer-connection.js'

/** Limits and clock of {@link PeerConnections}. */
interface PeerConnectionsOptions {
  readonly clock?: Clock | undefined
  /** Milliseconds within which a request has its response. @defaultValue 3000 */
  readonly deadlineMs?: number | undefined
  /** Milliseconds after which a connection without a request closes. @defaultValue 5000 */
  readonly lingerMs?: number | undefined
  /** Maximum number of connections to one server. @defaultValue 16 */
  readonly maxConnections?: number | undefined
  /** Maximum number of requests that wait for a connection to one server. @defaultValue 256 */
  readonly maxWaiting?: number | undefined
}

interface Job {
  readonly request: PeerRequestBytes
  readonly settle: (answer: PeerAnswer) => void
  connection: PeerConnection | undefined
}

interface Peer {
  readonly url: string
  readonly idle: PeerConnection[]
  readonly open: Set<PeerConnection>
  readonly waiting: Job[]
}

/** Connections to the other servers of the cluster, which several requests use one after the other. */
export class PeerConnections {
  readonly #clock: Clock
  readonly #deadlineMs: number
  readonly #lingerMs: number
  readonly #maxConnections: number
  readonly #maxWaiting: number
  readonly #peers = new Map<string, Peer>()
  #isClosed = false

  /** Opens no connection before the first request. */
  constructor({
    clock = systemClock,
    deadlineMs = 3000,
    lingerMs = 5000,
    maxConnections = 16,
    maxWaiting = 256,
  }: PeerConnectionsOptions = {}) {
    this.#clock = clock
    this.#deadlineMs = deadlineMs
    this.#lingerMs = lingerMs
    this.#maxConnections = maxConnections
    this.#maxWaiting = maxWaiting
  }

  /** Number of open connections. */
  get size(): number {
    return [...this.#peers.values()].reduce((sum, { open }) => sum + open.size, 0)
  }

  /**
   * Sends a request to a server, and returns its response.
   *
   * @param url - URL of the server, without a path.
   * @param signal - Aborts when nobody needs the response any more. A request that waits for a connection is then not
   * sent. The response to a request that was sent is discarded, and the next request uses the connection.
   * @throws {Error} rejects when there is no response in time, the connection fails, too many requests wait, or at the
   * abort.
   */
  async send(url: string, request: PeerRequestBytes, signal?: AbortSignal): Promise<RtspResponse> {
    if (signal?.aborted) throw abandoned()
    let abort = (): void => {}
    const answer = await new Promise<PeerAnswer>((resolve) => {
      const job = this.#add(url, request, resolve)
      abort = () => {
        if (job) this.#withdraw(url, job, abandoned())
        resolve(abandoned())
      }
      signal?.addEventListener('abort', abort)
    })
    signal?.removeEventListener('abort', abort)
    if (answer instanceof Error) throw answer
    return answer
  }

  /** Closes all connections; requests without response fail. Idempotent. */
  close(): void {
    this.#isClosed = true
    for (const { waiting, open } of [...this.#peers.values()]) {
      for (const { settle } of waiting.splice(0)) settle(closing())
      for (const connection of [...open]) connection.close(closing())
    }
  }

  /** @returns `undefined` if the request has failed at once */
  #add(
    url: string,
    request: PeerRequestBytes,
    resolve: (answer: PeerAnswer) => void,
  ): Job | undefined {
    if (this.#isClosed) {
      resolve(closing())
      return undefined
    }
    const peer: Peer = this.#peers.get(url) ?? { url, idle: [], open: new Set(), waiting: [] }
    this.#peers.set(url, peer)
    if (peer.waiting.length >= this.#maxWaiting) {
      resolve(new Error(`${this.#maxWaiting} requests wait for the server already`))
      return undefined
    }
    let timer: ClockTimer | undefined
    const settle = (answer: PeerAnswer): void => {
      timer?.cancel()
      resolve(answer)
    }
    const job: Job = { request, settle, connection: undefined }
    timer = this.#clock.schedule(() => this.#expire(peer, job), this.#deadlineMs, true)
    peer.waiting.push(job)
    this.#advance(peer)
    return job
  }

  /** Removes a request from those that wait for a connection, with its timer. */
  #withdraw(url: string, job: Job, error: Error): void {
    const waiting = this.#peers.get(url)?.waiting
    const at = waiting?.indexOf(job) ?? -1
    if (at < 0) return
    waiting?.splice(at, 1)
    job.settle(error)
  }

  /** Ends a request that has had no response in time, and the connection that it occupies. */
  #expire(peer: Peer, job: Job): void {
    const late = new Error(`no response within ${this.#deadlineMs} ms`)
    if (job.connection !== undefined) {
      job.connection.close(late)
      return
    }
    const at = peer.waiting.indexOf(job)
    if (at >= 0) peer.waiting.splice(at, 1)
    job.settle(late)
  }

  /** Sends waiting requests, as far as connections are free or may be opened. */
  #advance(peer: Peer): void {
    while (peer.waiting.length > 0) {
      const connection = peer.idle.pop() ?? this.#open(peer)
      if (connection === undefined) return
      const job = peer.waiting.shift() as Job
      job.connection = connection
      connection.send(job.request, (answer) => {
        if (!(answer instanceof Error)) peer.idle.push(connection)
        job.settle(answer)
        this.#advance(peer)
      })
    }
  }

  #open(peer: Peer): PeerConnection | undefined {
    if (peer.open.size >= this.#maxConnections) return undefined
    const connection = new PeerConnection(peer.url, {
      ...{ clock: this.#clock, lingerMs: this.#lingerMs },
      onClosed: (closed) => this.#closed(peer, closed),
    })
    peer.open.add(connection)
    return connection
  }

  #closed(peer: Peer, connection: PeerConnection): void {
    peer.open.delete(connection)
    const at = peer.idle.indexOf(connection)
    if (at >= 0) peer.idle.splice(at, 1)
    if (peer.open.size === 0 && peer.waiting.length === 0) this.#peers.delete(peer.url)
  }
}

const abandoned = (): Error => new Error('the client has closed its connection')
const closing = (): Error => new Error('the server is closing')
