import { EventEmitter } from 'node:events'
import { PeriodicCheck } from '../../clock.js'
import { ClientError } from '../../errors.js'
import { tell } from '../../listeners.js'
import type { ResolvedClientOptions } from '../client-options.js'
import type { RtspClientTransport } from '../rtsp-client.js'
import { KeepAlive, keepAliveIntervalMs } from '../streams/keep-alive.js'
import type { ResolvedPublishOptions } from './publish-options.js'
import { PublishedTrack } from './published-track.js'
import type { RecordSession } from './record-session.js'
import type { RtpLink } from './rtp-link.js'
import type { RtspPublisher, RtspPublisherEvents, RtspPublisherState } from './rtsp-publisher.js'

/** Publisher from its RECORD to its TEARDOWN: owns the connection, the links and the tracks. */
export class Publisher extends EventEmitter<RtspPublisherEvents> implements RtspPublisher {
  readonly url: string
  readonly tracks: readonly PublishedTrack[]
  readonly #record: RecordSession
  readonly #options: ResolvedClientOptions
  readonly #maxQueuedBytes: number
  readonly #reports: PeriodicCheck
  #keepAlive: KeepAlive | undefined
  #isFull = false
  #error: unknown
  #closing: Promise<void> | undefined

  constructor(url: string, record: RecordSession, options: ResolvedPublishOptions) {
    super()
    this.url = url
    this.#record = record
    this.#options = options.connection
    this.#maxQueuedBytes = options.maxQueuedBytes
    const { clock, reportSeconds } = options.connection
    const srtp = options.srtp?.name
    this.tracks = options.media.map(({ description, ssrc }, index) => {
      const link = record.links[index] as RtpLink
      const owner = { hasRoom: () => this.#hasRoom() }
      const track = new PublishedTrack({ index, description, srtp, ssrc }, owner, link, clock)
      link.onRtcp = (compound) => track.receiveRtcp(compound)
      return track
    })
    this.#reports = new PeriodicCheck(clock, reportSeconds * 1000, () => {
      for (const track of this.tracks) track.sendReport()
      return true
    })
  }

  get state(): RtspPublisherState {
    return this.#closing ? 'closed' : 'recording'
  }

  get error(): unknown {
    return this.#error
  }

  get transport(): RtspClientTransport {
    return this.#record.transport
  }

  get queuedBytes(): number {
    return this.#record.connection.queuedBytes
  }

  /**
   * Sends RECORD. Then keeps the session alive, and sends reports.
   *
   * @throws {ClientError} the server refuses. The publisher is closed then.
   */
  async start(): Promise<void> {
    const { connection, session, methods } = this.#record
    const { clock, keepAliveSeconds, reportSeconds, signal } = this.#options
    connection.onLost = (error) => void this.end(error)
    signal?.addEventListener('abort', this.#abort)
    if (signal?.aborted) this.#abort()
    try {
      await session.record()
    } catch (error) {
      await this.end(error)
      throw this.#error ?? error
    }
    // Aborted or lost, while the response to RECORD was on its way.
    if (this.#closing) {
      await this.#closing
      throw this.#error ?? closedError()
    }
    const { id, timeoutSeconds } = session
    if (keepAliveSeconds > 0 && id !== undefined) {
      const intervalMs = keepAliveIntervalMs(timeoutSeconds, keepAliveSeconds)
      const init = { clock, intervalMs, methods, uri: this.url, sessionId: id }
      this.#keepAlive = new KeepAlive(connection, init)
    }
    if (reportSeconds > 0) this.#reports.start()
  }

  async drained(): Promise<void> {
    const { connection } = this.#record
    await connection.drained(this.#maxQueuedBytes / 2)
  }

  close(): Promise<void> {
    return this.end(undefined)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  readonly #abort = (): void => {
    void this.end(this.#options.signal?.reason)
  }

  #hasRoom(): boolean {
    if (this.#closing) return false
    const { queuedBytes } = this
    this.#isFull = queuedBytes > this.#maxQueuedBytes * (this.#isFull ? 0.5 : 1)
    return !this.#isFull
  }

  /**
   * Closes the publisher with its session and connection; only the first call counts.
   *
   * @param error - Reason of the end, for {@link error}; `undefined` = closed by its owner.
   */
  end(error: unknown): Promise<void> {
    this.#closing ??= this.#tearDown(error)
    return this.#closing
  }

  async #tearDown(error: unknown): Promise<void> {
    const { connection, session, links } = this.#record
    this.#error = error
    this.#reports.stop()
    this.#keepAlive?.stop()
    this.#options.signal?.removeEventListener('abort', this.#abort)
    for (const track of this.tracks) track.sendBye()
    const reason = error ?? closedError()
    await connection.close(reason, session.farewell)
    for (const link of links) await link.close()
    tell(this, 'closed', error)
  }
}

const closedError = (): ClientError =>
  new ClientError('ERR_CLIENT_CLOSED', 'the publisher has been closed')
