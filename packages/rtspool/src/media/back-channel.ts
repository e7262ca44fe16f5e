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
import type { PacketSink } from './track/packet-sink.js'

/** Who speaks over a back channel. */
export interface BackChannelClient {
  /** Path of the request, decoded. */
  readonly path: string
  /** Numeric address of the client. */
  readonly address: string
  /** Name with which it has been authenticated, if it has. */
  readonly user: string | undefined
  /** `publicId` of the session, to log it, or to find it in the pool. */
  readonly publicId: string
}

/**
 * Takes what one client sends over a back channel. One that throws or rejects is told nothing more; its error is
 * published on the diagnostics channel `rtspool:back-channel-failed` as `{ path, error }`, and nobody else notices.
 */
export interface BackChannelReceiver {
  /**
   * Called with each RTP packet that came after PLAY, in the order of arrival. It is valid RTP of a payload type of
   * the description; gaps and duplicates of the network are not mended.
   *
   * @param packet - The receiver's to keep. It may be a view of up to 64 KiB that came with it: copy what is kept for long.
   */
  packet(packet: Buffer): void
  /** Called once, when the client has gone. */
  close(): void
}

/** Audio that clients may send to a mount (ONVIF Streaming Specification section 5.3). */
export interface BackChannelOptions {
  /** Codec, payload type and clock rate that clients are to send; `a=sendonly` and control are the server's. */
  readonly description: MediaDescription
  /** A client has set the back channel up. What is thrown answers its SETUP. */
  readonly open: (client: BackChannelClient) => BackChannelReceiver
  /**
   * Clients that may have it set up at the same time; others are answered with 453.
   * @default 1: cameras have one loudspeaker
   */
  readonly maxClients?: number | undefined
}

interface BackChannelFailure {
  /** Of the media. */
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

/** @throws {RangeError | TypeError} Says what is wrong, what was expected and what came. */
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

/** The back channel of one media: who has it set up. */
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

  /** Clients that have it set up. */
  get clientCount(): number {
    return this.#sinks.size
  }

  /**
   * Takes a place for a client, until the sink is closed.
   *
   * @throws {RequestError} `ERR_BACK_CHANNEL_IN_USE` when all places are taken.
   * @throws {TypeError} When `open` answers no receiver, a promise for instance.
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
  const expected = 'backChannel.open must answer a receiver with the methods packet and close'
  if (isThenable(receiver)) {
    // Whoever opened something for it gets the chance to close it.
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
  /** Of the media. */
  readonly path: string
  readonly onClosed: () => void
}

/** One client's stream into the application. */
export class BackChannelSink implements PacketSink {
  readonly clockRate: number
  /** Packets that were no RTP, or of no payload type that was described: they went nowhere. */
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
    this.#tell(packet)
    return true
  }

  noteSenderReport(): void {
    // Nobody is told the time of what clients send.
  }

  /** Idempotent. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#onClosed()
    this.#tell()
  }

  /**
   * A failure of the application is not the client's fault, and must not reach the socket.
   *
   * @param packet - Without one, the client has gone.
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
