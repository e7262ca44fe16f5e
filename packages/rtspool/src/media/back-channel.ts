import { RequestError } from '../errors.js'
import { catchLater, Diagnostic, disown, isThenable } from '../listeners.js'
import {
  checkFunction,
  checkInteger,
  checkOptions,
  isRecord,
  kindOf,
  shown,
} from '../option-checks.js'
import { isValidRtp, payloadTypeOf, ssrcOf } from '../rtp/index.js'
import type { MediaDescription } from '../sdp/index.js'
import { owned } from '../transport/system/read-memory.js'
import type { PacketSink } from './packet-sink.js'

/** A client that sends audio over a back channel. */
export interface BackChannelClient {
  /** Decoded path of the media to whose back channel the client sends. */
  readonly path: string
  /** Numeric IP address of the client. */
  readonly address: string
  /** Name of the user as whom the client has authenticated; `undefined` without authentication. */
  readonly user: string | undefined
  /** `publicId` of the client's session, for logs, or to find it in the pool. */
  readonly publicId: string
}

/**
 * Receives the packets that one client sends over a back channel. After a method has thrown or rejected, neither
 * method is called again, not even `close`. The error is published on the diagnostics channel
 * `rtspool:back-channel-failed` as `{ path, error }`, and the client's session continues.
 */
export interface BackChannelReceiver {
  /**
   * Called with each RTP packet that arrives after PLAY, in the order of arrival. The packet is
   * valid RTP with a payload type of the description. Gaps and duplicates of the network remain.
   *
   * @param packet - The receiver may keep it. It may be a view of a buffer of up to 64 KiB: copy
   *   packets that you keep for long.
   */
  packet(packet: Buffer): void
  /** Called once, when the client has left the back channel: no more packets follow. */
  close(): void
}

/** Audio that clients may send to a mount (ONVIF Streaming Specification section 5.3). */
export interface BackChannelOptions {
  /** Codec, payload type and clock rate that clients must send. The server adds `a=sendonly` and `a=control`. */
  readonly description: MediaDescription
  /**
   * Called when a client sets up the back channel. A `RequestError` that it throws determines the status of the
   * response; after any other error the client gets 500.
   */
  readonly open: (client: BackChannelClient) => BackChannelReceiver
  /**
   * Maximum number of clients that have set up the back channel at the same time. Further clients get 453.
   * @default 1: cameras have one loudspeaker
   */
  readonly maxClients?: number | undefined
}

interface BackChannelFailure {
  /** Path of the media whose application receiver has failed. */
  readonly path: string
  readonly error: unknown
}

const backChannelFailed = new Diagnostic<BackChannelFailure>(
  'rtspool:back-channel-failed',
  'RTSPOOL_BACK_CHANNEL_FAILED',
  ({ path }) => `the receiver of the back channel of ${path} failed, and is told nothing more`,
)
const defaultMaxClients = 1
const defaultClockRate = 8000

/**
 * Checks the options of a back channel.
 *
 * @throws {RangeError | TypeError} Names the wrong field, the expected value and the given one.
 */
export function checkBackChannelOptions(options: BackChannelOptions): void {
  checkOptions('backChannel', options, ['description', 'open', 'maxClients'])
  const { description, open, maxClients }: Partial<BackChannelOptions> = options
  if (!isRecord(description) || !Array.isArray(description.payloadTypes)) {
    const expected = 'a MediaDescription, as createMediaDescription makes it'
    throw new TypeError(`backChannel.description must be ${expected}, got ${shown(description)}`)
  }
  checkFunction('backChannel.open', open)
  if (maxClients !== undefined) checkInteger('backChannel.maxClients', maxClients, 1)
}

/** The back channel of one media, and the clients that have set it up. */
export class BackChannel {
  readonly description: MediaDescription
  readonly #options: BackChannelOptions
  readonly #maxClients: number
  readonly #sinks = new Set<BackChannelSink>()

  constructor(options: BackChannelOptions) {
    this.#options = options
    this.#maxClients = options.maxClients ?? defaultMaxClients
    this.description = options.description
  }

  /** Number of clients that have set up the back channel. */
  get clientCount(): number {
    return this.#sinks.size
  }

  /**
   * Opens the back channel for a client: returns a sink for its packets. The client counts against `maxClients` until
   * the sink is closed.
   *
   * @throws {RequestError} `ERR_BACK_CHANNEL_IN_USE` if `maxClients` are connected already.
   * @throws {TypeError} If `open` does not return a receiver, but a promise for instance.
   */
  open(client: BackChannelClient): BackChannelSink {
    if (this.#sinks.size >= this.#maxClients) {
      throw new RequestError('ERR_BACK_CHANNEL_IN_USE', 'others speak over the back channel')
    }
    const receiver = this.#options.open(client)
    checkReceiver(receiver)
    const { path } = client
    const onClosed = (): void => void this.#sinks.delete(sink)
    const sink = new BackChannelSink({ description: this.description, receiver, path, onClosed })
    this.#sinks.add(sink)
    return sink
  }
}

function checkReceiver(receiver: unknown): void {
  const expected = 'backChannel.open must return a receiver with the methods packet and close'
  if (isThenable(receiver)) {
    // An application that has opened something gets the chance to close it.
    const closing = Promise.resolve(
      receiver as PromiseLike<Partial<BackChannelReceiver> | undefined>,
    )
    disown(
      'backChannel.open',
      closing.then((late) => late?.close?.()),
    )
    throw new TypeError(`${expected} at once, got a promise`)
  }
  const { packet, close } = isRecord(receiver) ? receiver : {}
  if (typeof packet === 'function' && typeof close === 'function') return
  throw new TypeError(`${expected}, got ${kindOf(receiver)}`)
}

interface BackChannelSinkInit {
  readonly description: MediaDescription
  readonly receiver: BackChannelReceiver
  /** Path of the media, for messages about a failed receiver. */
  readonly path: string
  readonly onClosed: () => void
}

/** Receives the packets of one client, and passes them to the receiver of the application. */
export class BackChannelSink implements PacketSink {
  readonly clockRate: number
  /**
   * Number of packets of the client that were dropped, because they were not RTP or had a payload type that the
   * description does not list.
   */
  invalidPackets = 0
  readonly #payloadTypes: readonly number[]
  readonly #receiver: BackChannelReceiver
  readonly #path: string
  readonly #onClosed: () => void
  #ssrc: number | undefined
  #isClosed = false
  #hasFailed = false

  constructor({ description, receiver, path, onClosed }: BackChannelSinkInit) {
    this.#path = path
    this.#payloadTypes = description.payloadTypes
    const [payloadType] = this.#payloadTypes
    const rtpmap = payloadType === undefined ? undefined : description.rtpmap(payloadType)
    this.clockRate = rtpmap?.clockRate ?? defaultClockRate
    this.#receiver = receiver
    this.#onClosed = onClosed
  }

  get ssrc(): number | undefined {
    return this.#ssrc
  }

  receive(packet: Buffer): boolean {
    if (this.#isClosed) return false
    if (!isValidRtp(packet) || !this.#payloadTypes.includes(payloadTypeOf(packet))) {
      this.invalidPackets++
      return false
    }
    this.#ssrc = ssrcOf(packet)
    this.#tell(owned(packet))
    return true
  }

  noteSenderReport(): void {
    // The application does not get the time of these packets.
  }

  /**
   * Removes the client from `clientCount` of the back channel, and calls `close` of the application's receiver.
   * Idempotent.
   */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#onClosed()
    this.#tell()
  }

  /**
   * Calls `packet` of the application's receiver, or `close` without a packet. Publishes an error of the receiver on
   * `rtspool:back-channel-failed`, because the client's connection must not end with it.
   *
   * @param packet - `undefined` if the client has left.
   */
  #tell(packet?: Buffer): void {
    if (this.#hasFailed) return
    try {
      const receiver = this.#receiver
      const answer: unknown = packet ? receiver.packet(packet) : receiver.close()
      if (answer !== undefined) catchLater(answer, this.#failed)
    } catch (error) {
      this.#failed(error)
    }
  }

  readonly #failed = (error: unknown): void => {
    if (this.#hasFailed) return
    this.#hasFailed = true
    backChannelFailed.publish({ path: this.#path, error })
  }
}
