import { EventEmitter } from 'node:events'
import { type ClockTimer, PeriodicCheck } from '../clock.js'
import { ClientError } from '../errors.js'
import { tell } from '../listeners.js'
import type { Attachment } from './attachment.js'
import type { ResolvedClientOptions } from './client-options.js'
import { serializeNames, serializeParameters } from './connection/parameters.js'
import type { DescribedStream } from './describe.js'
import { checkPlayOptions, rangeFrom } from './play-options.js'
import type {
  ReceivedPacket,
  ReceivedUnit,
  RtspClient,
  RtspClientEvents,
  RtspClientReadOptions,
  RtspClientState,
  RtspClientStats,
  RtspClientTrack,
  RtspClientTransport,
  RtspPlayAnswer,
  RtspPlayOptions,
} from './rtsp-client.js'
import { BackChannel } from './streams/back-channel.js'
import { usesDatagrams } from './streams/carrier.js'
import { ClientTrack } from './streams/client-track.js'
import { Readers } from './streams/readers.js'
import { isSilent, sumOfTracks } from './streams/track-sums.js'
import { UnitReader } from './streams/unit-reader.js'
import { wantedOf, wants } from './streams/wanted-tracks.js'
import { closedError, type FallbackOwner, TransportFallback } from './transport-fallback.js'

/** A connected client, from the response to its DESCRIBE until its TEARDOWN. */
export class Client extends EventEmitter<RtspClientEvents> implements RtspClient {
  readonly tracks: readonly ClientTrack[]
  readonly #options: ResolvedClientOptions
  readonly #readers: Readers
  readonly #reports: PeriodicCheck
  readonly #backChannel: BackChannel | undefined
  readonly #connected: TransportFallback
  #state: RtspClientState = 'described'
  #setUp: Promise<unknown> | undefined
  #begun: Promise<unknown> | undefined
  /** Promise that settles when the latest PLAY, PAUSE or seek is over. The next one starts then. */
  #turn: Promise<unknown> = Promise.resolve()
  #closing: Promise<void> | undefined
  #error: unknown
  /** Timer after PLAY over UDP. If no packet has arrived when it fires, the client takes the next transport. */
  #silence: ClockTimer | undefined
  /** Error with which the connection of a session over UDP ended before the session; `undefined` while it is open. */
  #lost: { readonly error: unknown } | undefined

  constructor(stream: DescribedStream, options: ResolvedClientOptions) {
    super()
    const { clock, reportSeconds, signal } = options
    this.#options = options
    this.#connected = new TransportFallback(stream, options, this.#fallbackOwner())
    this.#readers = new Readers({
      clock,
      begin: () => this.#begin(),
      haveAllEnded: () =>
        this.tracks.every((each) => each.isEnded || !each.isSetUp || each.direction === 'send'),
      isInterleaved: () => this.#isInterleaved,
      setFlow: (isFlowing) => this.#setFlow(isFlowing),
      onEnded: () => this.#noteEnd(),
    })
    const { tracks } = stream.presentation
    const isWanted = (track: RtspClientTrack): boolean =>
      wants(track, options.tracks, this.backChannel?.track)
    this.tracks = tracks.map((track) => new ClientTrack(track, this.#readers, isWanted))
    const begin = (): Promise<void> => this.#begin()
    const sender =
      stream.hasBackChannel && this.tracks.find(({ direction }) => direction === 'send')
    this.#backChannel = sender ? new BackChannel(sender, { clock, begin }) : undefined
    this.#reports = new PeriodicCheck(clock, reportSeconds * 1000, () => this.#report())
    signal?.addEventListener('abort', this.#abort)
    if (signal?.aborted) this.#abort()
  }

  get url(): string {
    return this.#attachment.stream.url.uri
  }

  get state(): RtspClientState {
    return this.#state
  }

  get error(): unknown {
    return this.#error
  }

  get transport(): RtspClientTransport | undefined {
    return this.tracks.some(({ isSetUp }) => isSetUp) ? this.#attachment.transport : undefined
  }

  get description() {
    return this.#attachment.stream.presentation.description
  }

  get backChannel(): BackChannel | undefined {
    return this.#attachment.stream.hasBackChannel ? this.#backChannel : undefined
  }

  get methods(): readonly string[] {
    return this.#attachment.stream.methods
  }

  async play(options: RtspPlayOptions = {}): Promise<RtspPlayAnswer> {
    checkPlayOptions(options)
    return this.#inTurn(() => this.#play(options))
  }

  async pause(): Promise<void> {
    await this.#inTurn(() => this.#pause())
  }

  async seek(
    position: number | string,
    options: Omit<RtspPlayOptions, 'range'> = {},
  ): Promise<RtspPlayAnswer> {
    const all = { ...options, range: rangeFrom(position) }
    checkPlayOptions(all)
    return this.#inTurn(async () => {
      if (this.methods.includes('PAUSE')) await this.#pause()
      this.#readers.discard()
      return this.#play(all)
    })
  }

  async getParameters(names: readonly string[] = []): Promise<ReadonlyMap<string, string>> {
    const body = serializeNames(names)
    this.#requireOpen()
    return this.#answered(this.#attachment.parameters('GET_PARAMETER', body))
  }

  async setParameters(values: Readonly<Record<string, string>>): Promise<void> {
    const body = serializeParameters(values)
    this.#requireOpen()
    await this.#answered(this.#attachment.parameters('SET_PARAMETER', body))
  }

  packets(options?: RtspClientReadOptions): AsyncIterableIterator<ReceivedPacket> {
    return this.#readers.open(options)
  }

  accessUnits(options?: RtspClientReadOptions): AsyncIterableIterator<ReceivedUnit> {
    return new UnitReader(this.#readers.open(options))
  }

  stats(): RtspClientStats {
    const { strayBytes, unknownFrames } = this.#attachment.stream.connection
    return { ...sumOfTracks(this.tracks), strayBytes, unknownFrames }
  }

  close(): Promise<void> {
    return this.#end(undefined)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Listener of the option `signal`: closes the client with the reason of the signal. */
  readonly #abort = (): void => {
    void this.#end(this.#options.signal?.reason)
  }

  async #begin(): Promise<void> {
    if (this.#state !== 'described') return
    this.#begun ??= this.play().finally(() => {
      this.#begun = undefined
    })
    await this.#begun
  }

  /** Runs a PLAY, PAUSE or seek after the earlier ones are over. @returns Result of `work` */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => undefined)
    return done
  }

  async #play(options: RtspPlayOptions): Promise<RtspPlayAnswer> {
    this.#requireOpen()
    this.#setUp ??= this.#setUpTracks(options.replay !== undefined)
    await this.#setUp
    const answer = await this.#answerToPlay(options)
    this.#requireOpen()
    if (this.#options.reportSeconds > 0) this.#reports.start()
    this.#watchSilence(options)
    this.#enter('playing')
    return answer
  }

  /**
   * Sends PLAY, and returns the response. If all tracks had ended, the event `ended` may follow once more, even right
   * behind the response.
   */
  async #answerToPlay(options: RtspPlayOptions): Promise<RtspPlayAnswer> {
    const { hasEnded } = this.#readers
    if (hasEnded) this.#markEnded(false)
    try {
      return await this.#answered(this.#attachment.play(options, this.tracks))
    } catch (error) {
      if (hasEnded) this.#markEnded(true)
      throw error
    }
  }

  #markEnded(hasEnded: boolean): void {
    this.#readers.hasEnded = hasEnded
    for (const track of this.tracks) track.isEnded = hasEnded
  }

  async #pause(): Promise<void> {
    this.#requireOpen()
    if (this.#state !== 'playing') return
    await this.#answered(this.#attachment.pause())
    this.#requireOpen()
    this.#silence?.cancel()
    this.#enter('paused')
  }

  /**
   * Waits for the response to a request. Over TCP the response arrives behind packets, so the client goes on reading
   * them even if the queues of readers are full.
   */
  #answered<T>(response: Promise<T>): Promise<T> {
    return this.#readers.whileFlowing(response)
  }

  /** Sets the wanted tracks up over the first transport that the server does not refuse. */
  async #setUpTracks(isReplay: boolean): Promise<void> {
    try {
      const refusal = await this.#connected.setUp(isReplay)
      if (refusal) tell(this, 'transportChanged', this.#attachment.transport, refusal)
    } catch (error) {
      void this.#end(error)
      throw error
    }
  }

  /** Returns the tracks to set up: those of the option `tracks`, and that of the back channel. */
  #wanted(): readonly ClientTrack[] {
    return wantedOf(this.tracks, this.#options.tracks, this.backChannel?.track)
  }

  get #attachment(): Attachment {
    return this.#connected.attachment
  }

  /** Returns the functions of this client that {@link TransportFallback} calls. */
  #fallbackOwner(): FallbackOwner {
    return {
      tracks: () => this.tracks,
      wanted: () => this.#wanted(),
      requireOpen: () => this.#requireOpen(),
      lost: (error) => this.#noteLoss(error),
      notFound: (error, previousAt) => {
        const isFlowing = this.tracks.some(
          ({ stats: { lastPacketAt = -1 } }) => lastPacketAt >= previousAt,
        )
        if (!isFlowing) void this.#end(error)
      },
    }
  }

  /**
   * Starts the timer after PLAY over UDP or multicast. If no packet arrives in time, the client connects anew with the
   * next transport, or else ends.
   */
  #watchSilence(options: RtspPlayOptions): void {
    const { clock, udpSilenceSeconds } = this.#options
    this.#silence?.cancel()
    if (this.#isInterleaved || udpSilenceSeconds === 0) return
    const look = (): void => {
      if (this.stats().packets > 0) return
      void this.#inTurn(() => this.#leaveSilentTransport(options))
    }
    this.#silence = clock.schedule(look, udpSilenceSeconds * 1000, false)
  }

  async #leaveSilentTransport(options: RtspPlayOptions): Promise<void> {
    try {
      if (this.#state !== 'playing') return
      if (!(await this.#connected.next())) {
        if (isSilent(this.tracks)) throw silentError(this.#attachment.transport)
        return
      }
      this.#setUp = this.#setUpTracks(options.replay !== undefined)
      await this.#play(options)
      tell(this, 'transportChanged', this.#attachment.transport, undefined)
    } catch (error) {
      void this.#end(error)
    }
  }

  get #isInterleaved(): boolean {
    return !usesDatagrams(this.#attachment.transport)
  }

  /**
   * Stops or continues reading packets from the connection, as far as the transport sends them there. Over UDP, nothing
   * is stopped.
   */
  #setFlow(isFlowing: boolean): void {
    const { connection } = this.#attachment.stream
    if (isFlowing) connection.resume()
    else if (this.#isInterleaved) connection.pause()
  }

  /**
   * Ends the client after the loss of its connection, unless its packets arrive over UDP: some servers close idle
   * connections of such sessions.
   */
  #noteLoss(error: unknown): void {
    const goesOn = this.#state === 'playing' && !this.#isInterleaved
    if (goesOn && this.#options.reportSeconds > 0 && this.stats().packets > 0)
      this.#lost = { error }
    else void this.#end(error)
  }

  #report(): boolean {
    const now = this.#options.clock.now()
    for (const track of this.tracks) track.sendReport(now)
    const { lastMediaAt = now } = this.stats()
    const silentMs = now - lastMediaAt
    if (this.#lost && silentMs > this.#options.reportSeconds * 1000)
      void this.#end(this.#lost.error)
    return this.#closing === undefined
  }

  #noteEnd(): void {
    tell(this, 'ended')
  }

  #requireOpen(): void {
    if (this.#state !== 'closed') return
    throw this.#error ?? closedError()
  }

  #enter(state: RtspClientState): void {
    const previous = this.#state
    if (state === previous) return
    this.#state = state
    tell(this, 'stateChanged', state, previous)
  }

  /**
   * Closes the client: its session, connection and readers. The error of the first call is the reason of the end; later
   * calls only wait.
   */
  #end(error: unknown): Promise<void> {
    this.#closing ??= this.#tearDown(error)
    return this.#closing
  }

  async #tearDown(error: unknown): Promise<void> {
    this.#error = error
    this.#silence?.cancel()
    this.#reports.stop()
    this.#options.signal?.removeEventListener('abort', this.#abort)
    this.#backChannel?.close()
    this.#readers.close(error)
    this.#enter('closed')
    await this.#connected.close(error ?? closedError())
    // A change of transport, or a SETUP, that was under way.
    await this.#turn
    tell(this, 'closed', error)
  }
}

const silentError = (transport: RtspClientTransport): ClientError =>
  new ClientError('ERR_CLIENT_TRANSPORT', `nothing arrives over ${transport}`)
