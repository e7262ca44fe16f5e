import { checkInteger, checkOptions } from '../../option-checks.js'
import type { ReceivedPacket, RtspClientReadOptions } from '../rtsp-client.js'
import type { TrackListener } from './client-track.js'
import { PacketQueue } from './packet-queue.js'

/** Default of {@link RtspClientReadOptions.maxQueuedBytes}. */
const defaultMaxQueuedBytes = 4 * 1024 * 1024

/** Functions of the client that its {@link Readers} call. */
export interface ReadersOwner {
  /** Plays the stream, if it does not play yet. */
  begin(): Promise<void>
  /** Returns whether every track that is set up has ended. */
  haveAllEnded(): boolean
  /** Returns whether packets arrive on the connection, so that the server waits while it is not read. */
  isInterleaved(): boolean
  /** Stops or continues the reading of the connection. */
  setFlow(isFlowing: boolean): void
  /** Called once all tracks that are set up have ended. */
  onEnded(): void
}

/** The queues of everybody who reads packets of a client. The slowest reader holds up the connection. */
export class Readers implements TrackListener {
  readonly #owner: ReadersOwner
  readonly #queues = new Set<PacketQueue>()
  #isHeldUp = false
  #end: { readonly error: unknown } | undefined

  constructor(owner: ReadersOwner) {
    this.#owner = owner
  }

  get isRead(): boolean {
    return this.#queues.size > 0
  }

  /** Adds a reader. */
  open(options: RtspClientReadOptions = {}): PacketQueue {
    checkOptions('packets', options, ['maxQueuedBytes'])
    const { maxQueuedBytes = defaultMaxQueuedBytes } = options
    checkInteger('maxQueuedBytes', maxQueuedBytes, 1)
    const queue = new PacketQueue(
      {
        begin: () => this.#owner.begin(),
        onRoom: () => this.#regulate(),
        onClosed: (closed) => {
          this.#queues.delete(closed)
          this.#regulate()
        },
      },
      maxQueuedBytes,
    )
    if (this.#end) queue.end(this.#end.error)
    else this.#queues.add(queue)
    return queue
  }

  packet(received: Omit<ReceivedPacket, 'missedPackets'>): void {
    const mayWait = this.#owner.isInterleaved()
    for (const queue of this.#queues) queue.push(received, mayWait)
    this.#regulate()
  }

  ended(): void {
    if (!this.#owner.haveAllEnded()) return
    for (const queue of this.#queues) queue.end()
    this.#owner.onEnded()
  }

  /** Ends all iterations, those to come included. */
  close(error: unknown): void {
    this.#end = { error }
    for (const queue of this.#queues) queue.end(error)
    this.#queues.clear()
  }

  #regulate(): void {
    let isFull = false
    for (const queue of this.#queues) isFull ||= queue.isFull
    if (isFull === this.#isHeldUp) return
    this.#isHeldUp = isFull
    this.#owner.setFlow(!isFull)
  }
}
