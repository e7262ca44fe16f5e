import { isDeepStrictEqual } from 'node:util'
import { type RtspClientOptions, rtspClientDefaults } from '../client/client-options.js'
import type { Clock, ClockTimer } from '../clock.js'
import type { RequestError } from '../errors.js'
import type { MediaRequest } from '../media/media-factory-options.js'
import type { MediaSource } from '../media/media-source.js'
import type { GopCacheLimits } from '../media/track/gop-cache-options.js'
import type { SessionDescription } from '../sdp/index.js'
import { failureOf, type RelayFailure, refusalOf, relayErrorOf, statusOf } from './failure.js'
import { LoopGuard } from './loop-guard.js'
import { ConnectAttempts, viewerRetryMs } from './reconnect.js'
import { RelayFlow } from './relay-flow.js'
import type { ResolvedRelayOptions, ResolvedRelaySource } from './relay-options.js'
import type { RelayError, RelayReason, RelayState, RelayStatus } from './relay-status.js'
import { ReturnToFirst } from './return-to-first.js'
import { SourceTurns } from './source-turns.js'
import type { Standby } from './standby.js'
import { StateRecord } from './state-record.js'
import { type StatedTime, Upstream, type UpstreamEnd, type UpstreamListener } from './upstream.js'
import { WaitingRequests } from './waiting-requests.js'

export interface RelayInit {
  /** Sources in the order of preference. After a failure, the relay tries the next one. */
  readonly sources: readonly ResolvedRelaySource[]
  readonly options: ResolvedRelayOptions
  readonly clock: Clock
  readonly random: () => number
  /** Limits on the packets that the relay keeps while nobody receives them. */
  readonly backlog: GopCacheLimits
  /** Called after each change of `status.state`, and after a return to the first source. */
  readonly changed: (previous: RelayState) => void
}

/**
 * Keeps a connection to one of its sources while a viewer, a request or the option `alwaysOn` needs the stream.
 * Connects anew after each loss. {@link RelayState} explains the states.
 *
 * ```text
 * idle ─► connecting ─► playing ─► stalled ─► waiting ─► connecting …
 *             │            └────────────────────▲
 *             └─► waiting, or failed ───────────┘
 * ```
 */
export class Relay implements UpstreamListener {
  readonly #init: RelayInit
  readonly #record: StateRecord
  readonly #flow: RelayFlow
  readonly #waiting: WaitingRequests
  readonly #attempts: ConnectAttempts
  readonly #turns: SourceTurns
  readonly #loops = new LoopGuard()
  #options: ResolvedRelayOptions
  #upstream: Upstream | undefined
  /** Timer of the next attempt to connect to a source, in the states `waiting` and `failed`. */
  #timer: ClockTimer | undefined
  #lingerTimer: ClockTimer | undefined
  readonly #returns: ReturnToFirst
  #closing: Promise<void> | undefined
  #lastError: RelayError | undefined
  readonly #facts = {
    /** RTP bytes received on earlier connections, which count in `status.bytes`. */
    bytes: 0,
    /** True once packets have arrived from one of the present sources. */
    hasPlayed: false,
    /** Number of running calls of {@link open}: requests that wait until a source has described its stream. */
    opening: 0,
    /** True if a request of this relay has come back to it since the last attempt to connect began. */
    isLoop: false,
    isClosed: false,
    /**
     * True for `lingerMs` after a return of the source: the connection stays even if changed codecs have ended all
     * media.
     */
    isLingering: false,
    /**
     * Number of final failures in a row, one for each source; see {@link RelayFailure}. The state is `failed` once all
     * have failed.
     */
    failures: 0,
  }

  constructor(init: RelayInit) {
    this.#init = init
    this.#options = init.options
    this.#record = new StateRecord(init.clock, init.changed)
    this.#waiting = new WaitingRequests(init.clock)
    this.#attempts = new ConnectAttempts(init.random)
    this.#turns = new SourceTurns(init.sources, init.clock, init.options.failedRetryMs)
    this.#returns = new ReturnToFirst({
      ...{ clock: init.clock, limits: init.backlog, returnMs: init.options.returnMs },
      open: () => this.#openTo(this.#turns.first),
      takeOver: (standby) => this.#takeOver(standby),
    })
    this.#flow = new RelayFlow({
      ...{ clock: init.clock, limits: init.backlog },
      arrived: () => this.#noteArrival(),
      described: (description) => this.#waiting.resolve(description),
      returns: () => this.#linger(),
      closed: () => this.#noteClosed(),
    })
  }

  get status(): RelayStatus {
    const { state, since, until, reason } = this.#record
    return {
      ...{ state, since, until, reason },
      attempts: this.#attempts.count,
      lastError: this.#lastError,
      bytes: this.#facts.bytes + (this.#upstream?.bytes ?? 0),
      source: this.#turns.present.shownUrl,
      sources: this.#turns.sources.map(({ shownUrl }) => shownUrl),
      transport: this.#upstream?.transport,
    }
  }

  /**
   * Begins to connect in the state `idle` if a viewer, a request or `alwaysOn` needs the stream. Closes the connection
   * if nobody does. Called after each change of that need.
   */
  settle(): void {
    if (this.#facts.isClosed) return
    if (!this.#isWanted) this.#rest()
    else if (this.#record.state === 'idle') this.#begin()
  }

  /**
   * Throws if the request comes from this relay itself, directly or through other relays.
   *
   * @throws {RequestError} Status 508.
   */
  refuseLoop({ userAgent }: MediaRequest): void {
    if (!this.#loops.isLoop(userAgent)) return
    this.#facts.isLoop = true
    throw this.#unavailable(statusOf('loop'), 'loop')
  }

  /**
   * Returns the source of a new media of the server, once the stream is described. Connects if need be.
   *
   * @throws {RequestError} 503 after `waitMs`, or if the relay is closed; 502, 404 or 508 in the state `failed`.
   */
  async open(): Promise<MediaSource> {
    if (this.#facts.isClosed) throw this.#unavailable(503, undefined)
    this.#facts.opening++
    try {
      return this.#flow.open(this.#flow.description ?? (await this.#awaitDescription()))
    } finally {
      this.#facts.opening--
      this.settle()
    }
  }

  /**
   * Replaces sources and options. Connects anew if sources or transport differ, or in the state `failed`; not in the
   * state `idle`.
   */
  update(sources: readonly ResolvedRelaySource[], options: ResolvedRelayOptions): void {
    const isOther = !isDeepStrictEqual(sources, this.#turns.sources)
    const mustReconnect = isOther || options.transport !== this.#options.transport
    this.#options = options
    this.#returns.returnMs = options.returnMs
    this.#turns.retryMs = options.failedRetryMs
    if (this.#upstream) this.#upstream.stallMs = options.stallMs
    if (isOther) {
      this.#turns.replace(sources)
      this.#facts.hasPlayed = false
    }
    if (this.#facts.isClosed) return
    const { state } = this.#record
    if (state !== 'idle' && (mustReconnect || state === 'failed')) this.#restart()
    this.settle()
  }

  /** Closes the connection for ever; later requests get 503. Idempotent. */
  async close(): Promise<void> {
    this.#facts.isClosed = true
    this.#rest()
    await this.#closing
  }

  described(upstream: Upstream, description: SessionDescription): void {
    if (upstream === this.#upstream) this.#flow.begin(description)
    else this.#returns.of(upstream)?.begin(description)
  }

  played(upstream: Upstream): void {
    if (upstream === this.#upstream) this.#flow.notePlayed()
  }

  packet(upstream: Upstream, track: number, packet: Buffer): void {
    if (upstream === this.#upstream) this.#flow.push(track, packet)
    else this.#returns.of(upstream)?.push(track, packet)
  }

  time(upstream: Upstream, track: number, time: StatedTime): void {
    if (upstream === this.#upstream) this.#flow.tell(track, time)
    else this.#returns.of(upstream)?.tell(track, time)
  }

  over(upstream: Upstream, end: UpstreamEnd): void {
    const isReturn = this.#returns.of(upstream) !== undefined
    if (upstream !== this.#upstream && !isReturn) return
    const { source } = upstream
    const failure = failureOf(end, this.#facts)
    this.#turns.noteFailure(source, failure)
    this.#lastError = relayErrorOf(end, source, this.#init.clock.unixTimeMs())
    if (isReturn) {
      this.#returns.over(this.#turns.firstWaitMs)
      return
    }
    void this.#returns.stop()
    const closing = this.#drop(upstream)
    this.#facts.failures = failure.isFinal ? this.#facts.failures + 1 : 0
    // Another source is tried at once, until all have been tried.
    if (this.#turns.moveOn()) {
      this.#record.reason = failure.reason
      this.#connect()
    } else if (failure.reason !== 'stalled') this.#retry(failure)
    else {
      this.#record.enter('stalled', 'stalled')
      // The session is torn down first: some cameras allow only one.
      void closing.then(() => {
        if (this.#record.state === 'stalled' && !this.#upstream) this.#retry(failure)
      })
    }
    this.#flow.leave()
  }

  get #isWanted(): boolean {
    if (this.#facts.isClosed) return false
    const { opening, isLingering } = this.#facts
    return this.#options.alwaysOn || this.#flow.size > 0 || opening > 0 || isLingering
  }

  /**
   * Connects to the present source. After a failed attempt, waits until {@link viewerRetryMs} have passed since the
   * attempt began.
   */
  #begin(): void {
    const sinceMs = this.#init.clock.now() - this.#attempts.lastAt
    const waitMs = this.#attempts.count > 0 ? viewerRetryMs - sinceMs : 0
    if (waitMs > 0) this.#wait('waiting', this.#record.reason ?? 'refused', waitMs)
    else this.#connect()
  }

  #connect(): void {
    const { clock } = this.#init
    const source = this.#turns.take()
    this.#timer?.cancel()
    this.#attempts.note(clock.now())
    this.#facts.isLoop = false
    this.#record.enter('connecting', this.#record.reason)
    this.#upstream = this.#openTo(source, this.#closing)
  }

  #openTo(source: ResolvedRelaySource, after?: Promise<void>): Upstream {
    return new Upstream({
      ...{ source, clock: this.#init.clock, listener: this, stallMs: this.#options.stallMs },
      userAgent: this.#loops.userAgent,
      transports: this.#transportsOf(source.client),
      known: () => this.#flow.description,
      after,
    })
  }

  /** Replaces the present connection by one to the first source, whose packets are ready. */
  #takeOver({ upstream, contents }: Standby): void {
    if (!contents) return
    if (this.#upstream) this.#drop(this.#upstream)
    this.#upstream = upstream
    this.#turns.returnToFirst()
    this.#flow.takeOver(contents)
    // The state stays, but not the source.
    if (this.#record.state === 'playing') this.#init.changed('playing')
  }

  #transportsOf({ transports = rtspClientDefaults.transports }: RtspClientOptions) {
    const { transport } = this.#options
    return transport === 'auto' ? transports : [transport]
  }

  /**
   * Closes the connection and cancels attempts, because nobody needs the stream. Enters `idle`, but stays in `failed`.
   */
  #rest(): void {
    this.#timer?.cancel()
    this.#lingerTimer?.cancel()
    this.#facts.isLingering = false
    const stopped = this.#returns.stop()
    // An attempt that nobody needs any more has not failed: the next viewer need not wait.
    if (this.#upstream) {
      this.#attempts.succeed()
      this.#turns.endRound()
      this.#drop(this.#upstream)
    }
    this.#closing = Promise.all([this.#closing, stopped]).then(() => undefined)
    this.#flow.leave()
    this.#loops.clear()
    this.#waiting.reject(this.#unavailable(503, undefined))
    // A source that has to be changed does not become well when nobody needs it.
    if (this.#record.state !== 'failed' || this.#facts.isClosed) this.#record.enter('idle')
    else {
      const sinceMs = this.#init.clock.now() - this.#attempts.lastAt
      this.#record.enter('failed', this.#record.reason, Math.max(0, this.#viewerPauseMs - sinceMs))
    }
  }

  #restart(): void {
    void this.#returns.stop()
    if (this.#upstream) this.#drop(this.#upstream)
    this.#attempts.succeed()
    this.#turns.forgive()
    this.#record.reason = 'updated'
    this.#connect()
    this.#flow.leave()
  }

  /**
   * Closes the present connection, and adds the bytes that it has received to `status.bytes`.
   *
   * @returns Resolves when the connection is closed
   */
  #drop(upstream: Upstream): Promise<void> {
    this.#facts.bytes += upstream.bytes
    this.#upstream = undefined
    this.#closing = upstream.close()
    return this.#closing
  }

  #retry({ reason, isFinal }: RelayFailure): void {
    const { isAnyFree, sources } = this.#turns
    if (!isFinal || (isAnyFree && this.#facts.failures < sources.length)) {
      this.#wait('waiting', reason, this.#attempts.delayMs(this.#options))
      if (reason !== 'refused' || !this.#options.passRefusals) return
      this.#waiting.reject(this.#unavailable(503, reason))
      this.settle()
      return
    }
    const { failedRetryMs } = this.#options
    this.#wait('failed', reason, failedRetryMs === 0 ? Number.POSITIVE_INFINITY : failedRetryMs)
    this.#waiting.reject(this.#failed())
    this.settle()
  }

  #wait(state: 'waiting' | 'failed', reason: RelayReason, waitMs: number): void {
    this.#timer?.cancel()
    this.#turns.endRound()
    this.#record.enter(state, reason, waitMs)
    if (waitMs === Number.POSITIVE_INFINITY) return
    this.#timer = this.#init.clock.schedule(() => this.#connect(), waitMs, false)
  }

  #awaitDescription(): Promise<SessionDescription> {
    this.#bringForward()
    if (this.#record.state === 'failed') return Promise.reject(this.#failed())
    this.settle()
    const late = (): RequestError => this.#unavailable(503, this.#record.reason)
    return this.#waiting.wait(this.#options.waitMs, late)
  }

  /**
   * Starts the next attempt at once for a new viewer. The last attempt must be {@link viewerRetryMs} ago, or
   * `maxDelayMs` in the state `failed`. Refused credentials are not tried again early.
   */
  #bringForward(): void {
    const { state } = this.#record
    if (state !== 'waiting' && state !== 'failed') return
    if (this.#init.clock.now() - this.#attempts.lastAt >= this.#viewerPauseMs) this.#connect()
  }

  /** Milliseconds after the start of the last attempt to connect within which a new viewer causes no other attempt. */
  get #viewerPauseMs(): number {
    const { state, reason } = this.#record
    const { failedRetryMs, maxDelayMs } = this.#options
    // Cameras lock accounts after some wrong passwords.
    if (reason === 'unauthorized') return failedRetryMs || Number.POSITIVE_INFINITY
    return state === 'failed' ? maxDelayMs : viewerRetryMs
  }

  /** Enters the state `playing`, because packets arrive. */
  #noteArrival(): void {
    this.#attempts.succeed()
    this.#facts.hasPlayed = true
    this.#facts.failures = 0
    this.#turns.noteArrival()
    const { first, firstWaitMs, present } = this.#turns
    if (present !== first) this.#returns.start(firstWaitMs)
    this.#record.enter('playing')
  }

  /**
   * Keeps the connection open for `lingerMs`, even if no media needs it: media with other codecs end when the source
   * returns.
   */
  #linger(): void {
    this.#lingerTimer?.cancel()
    this.#facts.isLingering = true
    const over = (): void => {
      this.#facts.isLingering = false
      this.settle()
    }
    if (this.#options.lingerMs === Number.POSITIVE_INFINITY) return
    this.#lingerTimer = this.#init.clock.schedule(over, this.#options.lingerMs, false)
  }

  #noteClosed(): Promise<void> {
    this.settle()
    return (this.#upstream ? undefined : this.#closing) ?? Promise.resolve()
  }

  #failed(): RequestError {
    const { reason } = this.#record
    return this.#unavailable(statusOf(reason), reason)
  }

  #unavailable(statusCode: number, reason: RelayReason | undefined): RequestError {
    const { until } = this.#record
    const untilMs = until && until.getTime() - this.#init.clock.unixTimeMs()
    return refusalOf(this.#turns.present, { statusCode, reason, untilMs })
  }
}
