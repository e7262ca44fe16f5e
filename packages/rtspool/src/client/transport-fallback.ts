import { ClientError } from '../errors.js'
import { Attachment } from './attachment.js'
import type { ResolvedClientOptions } from './client-options.js'
import { isTransportRefusal } from './connection/expect-ok.js'
import { isBackChannelRefusal } from './connection/onvif-tags.js'
import { type DescribedStream, describeStream } from './describe.js'
import type { RtspClientTransport } from './rtsp-client.js'
import type { ClientTrack } from './streams/client-track.js'

/** Functions of the client that {@link TransportFallback} calls. */
export interface FallbackOwner {
  /** All tracks of the client, which stay the same objects over all connections. */
  tracks(): readonly ClientTrack[]
  /** Returns the tracks to set up: those of the option `tracks`, and that of the back channel. */
  wanted(): readonly ClientTrack[]
  /** Throws the reason of the end, a `ClientError` or that of the signal, if the client has been closed. */
  requireOpen(): void
  /** Called when the present connection to the server has closed or failed, with its error. */
  lost(error: unknown): void
  /** Called when the server no longer knows the session; see {@link Attachment.onNotFound}. */
  notFound: Attachment['onNotFound']
}

/**
 * Connection of a client to its server, which another one replaces if the server refuses a transport or the back
 * channel. Some cameras refuse a SETUP after one of another transport, so each transport gets a new connection.
 */
export class TransportFallback {
  readonly #options: ResolvedClientOptions
  readonly #owner: FallbackOwner
  /** Aborted when the client ends, so that a connection to the next transport is given up. */
  readonly #ending = new AbortController()
  #attachment: Attachment

  constructor(stream: DescribedStream, options: ResolvedClientOptions, owner: FallbackOwner) {
    this.#options = options
    this.#owner = owner
    this.#attachment = this.#attach(stream)
  }

  /** The present connection to the server with its session. */
  get attachment(): Attachment {
    return this.#attachment
  }

  /**
   * Sets the wanted tracks up over the first transport that the server does not refuse.
   *
   * @param isReplay - True to require ONVIF replay (`Require: onvif-replay`).
   * @returns The last refusal of a transport; `undefined` if the server has refused none.
   * @throws {ClientError} the server refuses all transports, or the client has been closed.
   */
  async setUp(isReplay: boolean): Promise<unknown> {
    for (let refusal: unknown; ; ) {
      try {
        await this.#attachment.setUp(this.#owner.wanted(), isReplay)
        this.#owner.requireOpen()
        return refusal
      } catch (error) {
        if (!(await this.#recover(error))) throw error
        if (isTransportRefusal(error)) refusal = error
      }
    }
  }

  /**
   * Connects anew with the next of the option `transports`.
   *
   * @returns `false` if no transport is left; nothing is changed then.
   * @throws {ClientError} as {@link describeStream}, or the server describes other tracks than before.
   */
  async next(): Promise<boolean> {
    const { transports, backChannel } = this.#options
    const { transport, stream } = this.#attachment
    const next = transports.slice(transports.indexOf(transport) + 1)
    if (next.length === 0) return false
    return this.#connectAnew(next, {
      ...this.#options,
      backChannel: backChannel && stream.hasBackChannel,
    })
  }

  /** Ends the session, closes the connection, and gives up a new connection that is under way. */
  close(reason: unknown): Promise<void> {
    this.#ending.abort(reason)
    return this.#attachment.close(reason)
  }

  #attach(stream: DescribedStream): Attachment {
    stream.connection.onLost = (error) => this.#owner.lost(error)
    const attachment = new Attachment(stream, this.#options)
    attachment.onNotFound = (...told) => this.#owner.notFound(...told)
    return attachment
  }

  /**
   * Connects anew after a failed SETUP: with the next transport, or without the back channel, depending on the error.
   *
   * @returns `false` if neither can help; nothing is changed then.
   */
  async #recover(error: unknown): Promise<boolean> {
    const { stream, transport } = this.#attachment
    if (isTransportRefusal(error)) return this.next()
    // Dahua, Amcrest: SETUP of a back channel that another client has open fails.
    if (!stream.hasBackChannel || !isBackChannelRefusal(error)) return false
    return this.#connectAnew([transport], { ...this.#options, backChannel: false })
  }

  /**
   * Closes the connection, and describes the stream on a new one, over the first of `next` that the server accepts. The
   * tracks stay the same objects.
   *
   * @throws {ClientError} as {@link describeStream}, or the server describes other tracks than before.
   */
  async #connectAnew(
    next: readonly RtspClientTransport[],
    wanted: ResolvedClientOptions,
  ): Promise<true> {
    const before = this.#attachment
    // The server may close the connection instead of a response to TEARDOWN.
    before.stream.connection.onLost = () => undefined
    await before.close(closedError())
    this.#owner.requireOpen()
    const { url, credentials, headers } = before.stream
    const options = { ...wanted, headers, signal: this.#ending.signal }
    const stream = await describeStream(url, credentials, options, next)
    this.#attachment = this.#attach(stream)
    const isSame = this.#redescribe(stream)
    if (this.#ending.signal.aborted || !isSame) {
      await this.#attachment.close(closedError())
      this.#owner.requireOpen()
      throw new ClientError('ERR_CLIENT_PROTOCOL', 'the server now describes other tracks')
    }
    return true
  }

  /**
   * Gives the client's tracks the descriptions that a new connection has received.
   *
   * @returns `false` if the server describes other tracks than before.
   */
  #redescribe({ presentation: { tracks } }: DescribedStream): boolean {
    const all = this.#owner.tracks()
    for (const track of all) track.redescribe(track.described)
    // Without the back channel, its track is missing.
    const known =
      tracks.length === all.length ? all : all.filter(({ direction }) => direction === 'receive')
    if (tracks.length !== known.length) return false
    for (const [index, described] of tracks.entries()) known[index]?.redescribe(described)
    return true
  }
}

/** Returns the error of requests that a closed client cannot send. */
export const closedError = (): ClientError =>
  new ClientError('ERR_CLIENT_CLOSED', 'the client has been closed')
