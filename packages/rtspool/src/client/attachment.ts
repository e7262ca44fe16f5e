import { ClientError } from '../errors.js'
import type { ResolvedClientOptions } from './client-options.js'
import type { DescribedStream } from './describe.js'
import type { RtspClientTransport, RtspPlayAnswer, RtspPlayOptions } from './rtsp-client.js'
import type { Carrier } from './streams/carrier.js'
import { ClientSession } from './streams/client-session.js'
import type { ClientTrack } from './streams/client-track.js'
import { KeepAlive, type KeepAliveInit, keepAliveIntervalMs } from './streams/keep-alive.js'
import { MulticastCarrier } from './streams/multicast-carrier.js'
import { TcpCarrier } from './streams/tcp-carrier.js'
import { UdpCarrier } from './streams/udp-carrier.js'

/** One connection to a server with its session, whose tracks all have the same transport. */
export class Attachment {
  /**
   * Called when the server responds to a keep-alive that it has no such session (454); see
   * {@link KeepAliveInit.onNotFound}.
   */
  onNotFound: NonNullable<KeepAliveInit['onNotFound']> = () => undefined
  readonly stream: DescribedStream
  readonly #options: ResolvedClientOptions
  readonly #session: ClientSession
  readonly #carriers: Carrier[] = []
  #keepAlive: KeepAlive | undefined
  #closing: Promise<void> | undefined

  constructor(stream: DescribedStream, options: ResolvedClientOptions) {
    this.stream = stream
    this.#options = options
    this.#session = new ClientSession(
      ...([stream.connection, stream.presentation, options.clock, stream.hasBackChannel] as const),
    )
  }

  get transport(): RtspClientTransport {
    return this.stream.transport
  }

  /**
   * Sends SETUP for each track, and keeps the session alive from then on.
   *
   * @param isReplay - True to require ONVIF replay (`Require: onvif-replay`).
   * @throws {ClientError} the server refuses, or its response cannot be used.
   */
  async setUp(tracks: readonly ClientTrack[], isReplay: boolean): Promise<void> {
    for (const [place, track] of tracks.entries()) {
      const carrier = await this.#createCarrier(place)
      // Closed while the ports were opened.
      if (this.#closing) {
        await carrier.close()
        throw new ClientError('ERR_CLIENT_CLOSED', 'the client has been closed')
      }
      this.#carriers.push(carrier)
      await this.#session.setUp(track, carrier, isReplay)
    }
    this.#keepAlive = this.#startKeepAlive()
  }

  play(options: RtspPlayOptions, tracks: readonly ClientTrack[]): Promise<RtspPlayAnswer> {
    return this.#session.play(options, tracks)
  }

  pause(): Promise<void> {
    return this.#session.pause()
  }

  /** Sends GET_PARAMETER or SET_PARAMETER with lines of `text/parameters`. @returns Values in the response by name */
  parameters(
    method: 'GET_PARAMETER' | 'SET_PARAMETER',
    body: string,
  ): Promise<ReadonlyMap<string, string>> {
    return this.#session.parameters(method, body)
  }

  /**
   * Ends the session with TEARDOWN, and closes connection and ports. Idempotent.
   *
   * @param error - Error with which requests that have no response yet reject.
   */
  close(error: unknown): Promise<void> {
    this.#closing ??= this.#close(error)
    return this.#closing
  }

  async #close(error: unknown): Promise<void> {
    this.#keepAlive?.stop()
    await this.stream.connection.close(error, this.#session.farewell)
    for (const carrier of this.#carriers) await carrier.close()
  }

  #createCarrier(place: number): Promise<Carrier> | Carrier {
    const { connection } = this.stream
    const { clock, udpPorts, multicastInterface } = this.#options
    if (this.transport === 'udp') return UdpCarrier.create(connection, clock, udpPorts)
    return this.transport === 'multicast'
      ? new MulticastCarrier(connection, clock, multicastInterface)
      : new TcpCarrier(connection, clock, place)
  }

  #startKeepAlive(): KeepAlive | undefined {
    const { clock, keepAliveSeconds } = this.#options
    const { connection, presentation, methods } = this.stream
    const { id: sessionId, timeoutSeconds } = this.#session
    if (this.#closing || keepAliveSeconds === 0 || sessionId === undefined) return undefined
    const intervalMs = keepAliveIntervalMs(timeoutSeconds, keepAliveSeconds)
    const uri = presentation.aggregateUri
    const onNotFound: Attachment['onNotFound'] = (...told) => this.onNotFound(...told)
    return new KeepAlive(connection, { clock, intervalMs, methods, uri, sessionId, onNotFound })
  }
}
