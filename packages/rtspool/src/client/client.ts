import { EventEmitter } from 'node:events'
import { PeriodicCheck } from '../clock.js'
import { ClientError } from '../errors.js'
import { tell } from '../listeners.js'
import { checkNumber, checkOptions, checkText } from '../option-checks.js'
import type { ResolvedClientOptions } from './client-options.js'
import type { DescribedStream } from './describe.js'
import type {
  ReceivedPacket,
  RtspClient,
  RtspClientEvents,
  RtspClientReadOptions,
  RtspClientState,
  RtspClientStats,
  RtspClientTransport,
  RtspPlayAnswer,
  RtspPlayOptions,
} from './rtsp-client.js'
import { ClientSession } from './streams/client-session.js'
import { ClientTrack } from './streams/client-track.js'
import { KeepAlive } from './streams/keep-alive.js'
import { Readers } from './streams/readers.js'
import { sumOfTracks } from './streams/track-sums.js'

/** A client from its DESCRIBE to its TEARDOWN. */
export class Client extends EventEmitter<RtspClientEvents> implements RtspClient {
  readonly tracks: readonly ClientTrack[]
  readonly #options: ResolvedClientOptions
  readonly #stream: DescribedStream
  readonly #session: ClientSession
  readonly #readers: Readers
  readonly #reports: PeriodicCheck
  #state: RtspClientState = 'described'
  #transport: RtspClientTransport | undefined
  #keepAlive: KeepAlive | undefined
  #setUp: Promise<void> | undefined
  #begun: Promise<unknown> | undefined
  #closing: Promise<void> | undefined
  #error: unknown
  #hasEnded = false

  constructor(stream: DescribedStream, options: ResolvedClientOptions) {
    super()
    const { connection, presentation } = stream
    const { clock, reportSeconds, signal } = options
    this.#options = options
    this.#stream = stream
    this.#session = new ClientSession(connection, presentation, clock)
    this.#readers = new Readers({
      begin: () => this.#begin(),
      haveAllEnded: () => this.tracks.every(({ isSetUp, isEnded }) => isEnded || !isSetUp),
      setFlow: (isFlowing) => (isFlowing ? connection.resume() : connection.pause()),
      onEnded: () => this.#noteEnd(),
    })
    this.tracks = presentation.tracks.map((track) => new ClientTrack(track, this.#readers))
    this.#reports = new PeriodicCheck(clock, reportSeconds * 1000, () => this.#report())
    connection.onLost = (error) => void this.#end(error)
    signal?.addEventListener('abort', this.#abort)
    if (signal?.aborted) this.#abort()
  }

  get url(): string {
    return this.#stream.url.uri
  }

  get state(): RtspClientState {
    return this.#state
  }

  get error(): unknown {
    return this.#error
  }

  get transport(): RtspClientTransport | undefined {
    return this.#transport
  }

  get description() {
    return this.#stream.presentation.description
  }

  get methods(): readonly string[] {
    return this.#stream.methods
  }

  async play(options: RtspPlayOptions = {}): Promise<RtspPlayAnswer> {
    checkPlayOptions(options)
    this.#requireOpen()
    this.#setUp ??= this.#setUpTracks()
    await this.#setUp
    const answer = await this.#session.play(options, this.tracks)
    this.#requireOpen()
    if (this.#options.reportSeconds > 0) this.#reports.start()
    this.#enter('playing')
    return answer
  }

  packets(options?: RtspClientReadOptions): AsyncIterableIterator<ReceivedPacket> {
    return this.#readers.open(options)
  }

  stats(): RtspClientStats {
    const { strayBytes, unknownFrames } = this.#stream.connection
    return { ...sumOfTracks(this.tracks), strayBytes, unknownFrames }
  }

  close(): Promise<void> {
    return this.#end(undefined)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Ends the client as its signal says. */
  readonly #abort = (): void => {
    void this.#end(this.#options.signal?.reason)
  }

  async #begin(): Promise<void> {
    if (this.#state === 'described') this.#begun ??= this.play()
    await this.#begun
  }

  async #setUpTracks(): Promise<void> {
    try {
      const { tracks: isWanted = isMedia } = this.#options
      const wanted = this.tracks.filter((track) => isWanted(track))
      if (wanted.length === 0) {
        throw new ClientError(
          'ERR_CLIENT_NO_TRACKS',
          'the server describes no track that is wanted',
        )
      }
      for (const [place, track] of wanted.entries()) await this.#session.setUp(track, place)
      this.#requireOpen()
      this.#transport = 'tcp'
      this.#keepAlive = this.#startKeepAlive()
    } catch (error) {
      void this.#end(error)
      throw error
    }
  }

  #startKeepAlive(): KeepAlive | undefined {
    const { clock, keepAliveSeconds } = this.#options
    const { connection, presentation, methods } = this.#stream
    const { id: sessionId, timeoutSeconds } = this.#session
    if (keepAliveSeconds === 0 || sessionId === undefined) return undefined
    const intervalMs = Math.min(timeoutSeconds / 2, keepAliveSeconds) * 1000
    const uri = presentation.aggregateUri
    return new KeepAlive(connection, { clock, intervalMs, methods, uri, sessionId })
  }

  #report(): boolean {
    const now = this.#options.clock.now()
    for (const track of this.tracks) track.sendReport(now)
    return true
  }

  #noteEnd(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    tell(this, 'ended')
  }

  #requireOpen(): void {
    if (this.#state !== 'closed') return
    throw this.#error ?? new ClientError('ERR_CLIENT_CLOSED', 'the client is closed')
  }

  #enter(state: RtspClientState): void {
    const previous = this.#state
    if (state === previous) return
    this.#state = state
    tell(this, 'stateChanged', state, previous)
  }

  /** Closes everything. The first call decides about the error. */
  #end(error: unknown): Promise<void> {
    this.#closing ??= this.#tearDown(error)
    return this.#closing
  }

  async #tearDown(error: unknown): Promise<void> {
    const { connection } = this.#stream
    this.#error = error
    this.#keepAlive?.stop()
    this.#reports.stop()
    this.#options.signal?.removeEventListener('abort', this.#abort)
    this.#readers.close(error)
    this.#enter('closed')
    const closed = error ?? new ClientError('ERR_CLIENT_CLOSED', 'the client has been closed')
    await connection.close(closed, this.#session.farewell)
    tell(this, 'closed', error)
  }
}

/** Tracks that are played unless the option `tracks` says otherwise. */
const isMedia = ({ kind, direction }: ClientTrack): boolean =>
  direction === 'receive' && (kind === 'video' || kind === 'audio')

function checkPlayOptions(options: RtspPlayOptions): void {
  checkOptions('play', options, ['range', 'scale'])
  if (options.range !== undefined) checkText('range', options.range)
  if (options.scale !== undefined) checkNumber('scale', Math.abs(options.scale))
}
