import type { Clock } from '../../clock.js'
import { ClientError, RtspError } from '../../errors.js'
import { parseSessionHeader, type RtspResponse } from '../../rtsp/index.js'
import type { ClientConnection, ClientRequest } from '../connection/client-connection.js'
import { expectOk } from '../connection/expect-ok.js'
import { requireHeader } from '../connection/onvif-tags.js'
import { parametersType, parseParameters } from '../connection/parameters.js'
import type { Presentation } from '../description/presentation.js'
import type { RtspPlayAnswer, RtspPlayOptions } from '../rtsp-client.js'
import type { Carrier } from './carrier.js'
import type { ClientTrack } from './client-track.js'
import { readPlayAnswer, rtpInfoOf } from './play-answer.js'
import { replayHeaders } from './replay-headers.js'
import { TrackSecurity } from './track-security.js'
import { readTransportAnswer } from './transport-answer.js'

/** Seconds until a session without requests expires, if the server announces nothing (RFC 2326 section 12.37). */
const defaultTimeoutSeconds = 60
/** Value of the Range header of RECORD, and of the first PLAY, in which some cameras require it. */
const firstRange = 'npt=0.000-'
/** Value of the Range header of the first PLAY of a stream that is described as live (`a=range:npt=now-`). */
const liveRange = 'npt=now-'

/** Parts of a presentation that a session uses. `description` is absent for a publisher, which receives none. */
type SessionPresentation = Pick<Presentation, 'aggregateUri'> &
  Partial<Pick<Presentation, 'description'>>

/** Returns the Range of the first PLAY. gst-rtsp-server 1.22 with a back channel refuses to seek in a live stream. */
const firstRangeOf = ({ description }: SessionPresentation): string =>
  /^npt=now-/i.test(description?.session.attribute('range')?.trim() ?? '') ? liveRange : firstRange

/** Session of a client on the server: sends SETUP for each track, then PLAY, PAUSE, RECORD or parameters. */
export class ClientSession {
  readonly #connection: ClientConnection
  readonly #presentation: SessionPresentation
  readonly #clock: Clock
  #id: string | undefined
  #timeoutSeconds = defaultTimeoutSeconds
  #hasPlayed = false
  /** True if the client has requested a back channel by DESCRIBE, and the server has not refused. */
  readonly #hasBackChannel: boolean

  constructor(
    connection: ClientConnection,
    presentation: SessionPresentation,
    clock: Clock,
    hasBackChannel = false,
  ) {
    this.#connection = connection
    this.#hasBackChannel = hasBackChannel
    this.#clock = clock
    this.#presentation = presentation
  }

  /** Id of the session; `undefined` before the first SETUP. */
  get id(): string | undefined {
    return this.#id
  }

  /** Seconds after which the server ends a session without requests. */
  get timeoutSeconds(): number {
    return this.#timeoutSeconds
  }

  /** TEARDOWN request that ends the session; `undefined` if there is no session. */
  get farewell(): ClientRequest | undefined {
    return this.#id === undefined ? undefined : this.#requestOf('TEARDOWN', {})
  }

  /**
   * Sets up a track.
   *
   * @throws {ClientError} the server refuses, or its response cannot be used.
   */
  async setUp(track: ClientTrack, carrier: Carrier, isReplay: boolean): Promise<void> {
    const { uri, secureProfile, key, direction } = track.described
    const isBackChannel = direction === 'send' && this.#hasBackChannel
    const security = secureProfile && new TrackSecurity(key)
    const response = await this.#sendSetup(uri, {
      Transport: carrier.offerFor(secureProfile ?? 'RTP/AVP'),
      ...security?.headersFor(uri, this.#clock),
      ...requireHeader({ backChannel: isBackChannel, replay: isReplay }),
    })
    security?.accept(response, uri)
    track.security = security
    await carrier.open(track, readTransportAnswer(response.headers.get('transport')))
  }

  /**
   * Sends SETUP for a track to publish, and returns the response.
   *
   * @param headers - Transport, and the headers with the client's SRTP key, if it has one.
   * @throws {ClientError} the server refuses, or its response cannot be used.
   */
  setUpTransport(uri: string, headers: Readonly<Record<string, string>>): Promise<RtspResponse> {
    return this.#sendSetup(uri, headers)
  }

  async #sendSetup(uri: string, own: Readonly<Record<string, string>>): Promise<RtspResponse> {
    const session = this.#id === undefined ? {} : { Session: this.#id }
    const request = { method: 'SETUP', uri, headers: { ...own, ...session } }
    const response = expectOk('SETUP', await this.#connection.request(request))
    this.#noteSession(response)
    return response
  }

  /** Sends RECORD: the client may then send packets of all tracks that are set up. */
  async record(): Promise<void> {
    await this.#ask('RECORD', { Range: firstRange })
  }

  /** Sends PLAY for all tracks that are set up, and returns the response. */
  async play(
    { range, scale, speed, replay }: RtspPlayOptions,
    tracks: readonly ClientTrack[],
  ): Promise<RtspPlayAnswer> {
    const hasSender =
      this.#hasBackChannel && tracks.some((each) => each.isSetUp && each.direction === 'send')
    const wanted = range ?? (this.#hasPlayed ? undefined : firstRangeOf(this.#presentation))
    const response = await this.#ask('PLAY', {
      ...(wanted === undefined ? {} : { Range: wanted }),
      ...(scale === undefined ? {} : { Scale: String(scale) }),
      ...(speed === undefined ? {} : { Speed: String(speed) }),
      ...requireHeader({ backChannel: hasSender, replay: replay !== undefined }),
      ...(replay && replayHeaders(replay)),
    })
    this.#hasPlayed = true
    this.#noteStarts(response, tracks)
    return readPlayAnswer(response)
  }

  /** Sends PAUSE for all tracks. @throws {ClientError} the server refuses */
  async pause(): Promise<void> {
    await this.#ask('PAUSE', {})
  }

  /**
   * Sends GET_PARAMETER or SET_PARAMETER.
   *
   * @param body - Lines of `text/parameters`; an empty text is no body.
   * @returns Values in the response by name.
   * @throws {ClientError} the server refuses.
   */
  async parameters(
    method: 'GET_PARAMETER' | 'SET_PARAMETER',
    body: string,
  ): Promise<ReadonlyMap<string, string>> {
    const headers = body === '' ? {} : { 'Content-Type': parametersType }
    const response = await this.#ask(method, headers, body)
    return parseParameters(response.body)
  }

  async #ask(
    method: string,
    headers: Readonly<Record<string, string>>,
    body = '',
  ): Promise<RtspResponse> {
    const request = this.#requestOf(method, headers)
    return expectOk(
      method,
      await this.#connection.request(body === '' ? request : { ...request, body }),
    )
  }

  #requestOf(method: string, headers: Readonly<Record<string, string>>): ClientRequest {
    const uri = this.#presentation.aggregateUri
    const session = this.#id === undefined ? {} : { Session: this.#id }
    return { method, uri, headers: { ...session, ...headers } }
  }

  #noteSession(response: RtspResponse): void {
    try {
      const { id, timeout } = parseSessionHeader(response.headers.get('session') ?? '')
      this.#id = id
      if (timeout !== undefined && timeout > 0) this.#timeoutSeconds = timeout
    } catch (error) {
      if (!(error instanceof RtspError)) throw error
      if (this.#id !== undefined) return
      throw new ClientError('ERR_CLIENT_PROTOCOL', 'the response to SETUP has no Session', {
        cause: error,
      })
    }
  }

  /**
   * Passes the entries of RTP-Info (first sequence number and timestamp) in a response to their tracks: by URI, or else
   * by order.
   */
  #noteStarts(response: RtspResponse, tracks: readonly ClientTrack[]): void {
    const entries = rtpInfoOf(response)
    const playing = tracks.filter(({ isSetUp }) => isSetUp)
    for (const [at, track] of playing.entries()) {
      const { uri } = track.described
      // The rollover counter may have changed since SETUP.
      track.security?.accept(response, uri)
      const entry = entries.find(({ url }) => uri.endsWith(url)) ?? entries[at]
      track.start = entry
        ? {
            ...(entry.seq === undefined ? {} : { sequenceNumber: entry.seq }),
            ...(entry.rtptime === undefined ? {} : { rtpTime: entry.rtptime }),
          }
        : {}
    }
  }
}
