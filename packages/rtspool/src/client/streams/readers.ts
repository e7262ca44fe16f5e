import { type Clock, PeriodicCheck } from '../../clock.js'
import { checkInteger, checkOptions } from '../../option-checks.js'
import type { ReceivedPacket, RtspClientReadOptions } from '../rtsp-client.js'
import type { TrackListener } from './client-track.js'
import { PacketQueue } from './packet-queue.js'

/** Default of {@link RtspClientReadOptions.maxQueuedBytes}. */
const defaultMaxQueuedBytes = 4 * 1024 * 1024

/** Milliseconds without reading after which a full queue counts as stuck, if another reader waits for packets. */
const stuckMs = 1000

/** Functions of the client that its {@link Readers} call. */
export interface ReadersOwner {
  readonly clock: Clock
  /** Plays the stream, if it does not play yet. */
  begin(): Promise<void>
  /** Returns whether every track that is set up has ended. */
  haveAllEnded(): boolean
  /** Returns whether packets arrive on the connection, so that the server waits while it is not read. */
  isInterleaved(): boolean
  /** Stops or continues the reading of the connection. */
  setFlow(isFlowing: boolean): void
  /** Called when all tracks that are set up have ended, once after each PLAY. */
  onEnded(): void
}

/**
 * Packet queues of a client, one for each iteration. The slowest reader holds up the connection, except in two cases,
 * in which packets for full queues are left out. A request waits for its response; or a reader has stopped reading
 * while another one waits.
 */
export class Readers implements TrackListener {
  readonly #owner: ReadersOwner
  readonly #queues = new Set<PacketQueue>()
  readonly #stuckCheck: PeriodicCheck
  #isHeldUp = false
  /** True once the owner has been told that all tracks have ended; false again for the next PLAY. */
  hasEnded = false
  /**
   * Number of requests that wait for a response. The response arrives behind packets, so the connection is read
   * meanwhile.
   */
  #requests = 0
  #end: { readonly error: unknown } | undefined

  constructor(owner: ReadersOwner) {
    this.#owner = owner
    this.#stuckCheck = new PeriodicCheck(owner.clock, stuckMs, () => this.#releaseStuck())
  }

  get isRead(): boolean {
    return this.#queues.size > 0
  }

  /** Adds a reader: creates the packet queue of a new iteration. */
  open(options: RtspClientReadOptions = {}): PacketQueue {
    checkOptions('packets', options, ['maxQueuedBytes'])
    const { maxQueuedBytes = defaultMaxQueuedBytes } = options
    checkInteger('maxQueuedBytes', maxQueuedBytes, 1)
    const queue = new PacketQueue(
      {
        begin: async () => {
          await this.#owner.begin()
          // Another end comes only after another PLAY.
          if (this.hasEnded && this.#owner.haveAllEnded()) queue.end()
        },
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
    const mayWait = this.#owner.isInterleaved() && this.#requests === 0
    for (const queue of this.#queues) queue.push(received, mayWait)
    this.#regulate()
  }

  /**
   * Reads the connection until the promise has settled. Packets for full queues are left out meanwhile.
   *
   * @param answered - Response to a request; its result is returned.
   */
  async whileFlowing<T>(answered: Promise<T>): Promise<T> {
    this.#requests++
    this.#regulate()
    try {
      return await answered
    } finally {
      this.#requests--
      this.#regulate()
    }
  }

  /** Removes the packets in all queues; they count as missed. */
  discard(): void {
    for (const queue of this.#queues) queue.discard()
  }

  ended(): void {
    if (!this.#owner.haveAllEnded()) return
    for (const queue of this.#queues) queue.end()
    if (this.hasEnded) return
    this.hasEnded = true
    this.#owner.onEnded()
  }

  /**
   * Ends all present iterations with the error, or without one if it is `undefined`. Each later iteration ends at its
   * beginning.
   */
  close(error: unknown): void {
    this.#end = { error }
    this.#stuckCheck.stop()
    for (const queue of this.#queues) queue.end(error)
    this.#queues.clear()
  }

  #regulate(): void {
    let isFull = false
    for (const queue of this.#queues) isFull ||= queue.holdsUp
    const isHeldUp = isFull && this.#requests === 0
    if (isHeldUp === this.#isHeldUp) return
    this.#isHeldUp = isHeldUp
    this.#owner.setFlow(!isHeldUp)
    if (!isHeldUp) this.#stuckCheck.stop()
    else {
      for (const queue of this.#queues) queue.watchProgress()
      this.#stuckCheck.start()
    }
  }

  #releaseStuck(): boolean {
    const isWaitedFor = [...this.#queues].some((queue) => queue.isWaitedFor)
    if (isWaitedFor) for (const queue of this.#queues) queue.releaseIfStuck()
    this.#regulate()
    return this.#isHeldUp
  }
}
