import type { Clock, ClockTimer } from '../../clock.js'
import type { TcpEnds } from '../../transport/tcp/tcp-ends.js'
import { readTcpQueues, type TcpQueues, tcpName } from '../../transport/tcp/tcp-queues.js'

/** Functions and values of a connection whose acknowledged bytes are watched. */
export interface AcknowledgingPeer {
  /** Addresses and ports of the socket, by which the kernel lists the connection. */
  readonly socketEnds: TcpEnds
  /** Interleaved channels in use. Without any, the connection is sent only responses, and not checked. */
  readonly channels: { readonly size: number }
  /** Number of bytes of the connection that were passed to the kernel so far. */
  readonly bytesHandedOver: number
}

/** State of the check of one client: the bytes that it must still acknowledge. */
interface Debt {
  /** Time of the check that found the unacknowledged bytes, in milliseconds of the clock. */
  readonly since: number
  /** Number of bytes handed over until that check: once the client has acknowledged all, the debt ends. */
  readonly goal: number
}

/**
 * Milliseconds between two checks, each of which reads the list of all connections of the system.
 */
const intervalMs = 2000

/**
 * Detects clients that leave bytes unacknowledged for too long, for systems without native calls,
 * and passes them to `onVanished`. A client that has gone is sent only small reports, which fill no
 * buffer. Only the kernel's list of connections then shows unacknowledged bytes. The list is read
 * only while a connection has interleaved channels.
 */
export class AcknowledgementMonitor<T extends AcknowledgingPeer> {
  readonly #clock: Clock
  #maxAgeMs: number
  readonly #onVanished: (peer: T) => void
  readonly #read: () => Promise<TcpQueues | undefined>
  /** Connections, each with the name under which the kernel's list contains it. */
  readonly #peers = new Map<T, string>()
  readonly #debts = new Map<T, Debt>()
  #timer: ClockTimer | undefined
  #isLooking = false
  #isBlind = false

  /**
   * Creates a monitor that watches no connection yet.
   *
   * @param maxAgeMs - Maximum time in milliseconds without acknowledgement; 0 = no limit, and nothing is read.
   */
  constructor(
    clock: Clock,
    maxAgeMs: number,
    onVanished: (peer: T) => void,
    read: () => Promise<TcpQueues | undefined> = readTcpQueues,
  ) {
    this.#clock = clock
    this.#maxAgeMs = maxAgeMs
    this.#onVanished = onVanished
    this.#read = read
  }

  /** Sets the maximum time in milliseconds without acknowledgement; 0 = no limit. */
  set maxAgeMs(maxAgeMs: number) {
    this.#maxAgeMs = maxAgeMs
    this.#schedule()
  }

  add(peer: T): void {
    this.#peers.set(peer, tcpName(peer.socketEnds))
    this.#schedule()
  }

  remove(peer: T): void {
    this.#debts.delete(peer)
    if (!this.#peers.delete(peer) || this.#peers.size > 0) return
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #schedule(): void {
    const isWanted = this.#maxAgeMs > 0 && this.#peers.size > 0 && !this.#isBlind
    if (!isWanted || this.#isLooking || this.#timer) return
    this.#timer = this.#clock.schedule(
      () => {
        this.#timer = undefined
        this.#isLooking = true
        void this.#look().finally(() => {
          this.#isLooking = false
          this.#schedule()
        })
      },
      intervalMs,
      false,
    )
  }

  async #look(): Promise<void> {
    // Counted before the list is read. Bytes written meanwhile can only make a debt look larger,
    // never smaller.
    const handedOver = new Map<T, number>()
    for (const peer of this.#peers.keys()) {
      if (peer.channels.size > 0) handedOver.set(peer, peer.bytesHandedOver)
    }
    if (handedOver.size === 0) {
      this.#debts.clear()
      return
    }
    const queues = await this.#read()
    this.#isBlind = queues === undefined
    const now = this.#clock.now()
    for (const [peer, bytes] of queues ? handedOver : []) {
      const name = this.#peers.get(peer)
      if (name === undefined) continue
      const ageMs = this.#account(peer, bytes, queues?.get(name) ?? 0, now)
      if (this.#maxAgeMs > 0 && ageMs >= this.#maxAgeMs) this.#onVanished(peer)
    }
  }

  /**
   * Compares the bytes passed to the kernel with those that the kernel still holds unacknowledged by the client.
   *
   * @param handedOver - Number of bytes passed to the kernel so far.
   * @param queued - Number of bytes in the kernel that the client has not acknowledged.
   * @param now - Time of the check in milliseconds of the clock.
   * @returns Milliseconds since the check that found unacknowledged bytes; 0 if the client has acknowledged them
   *   meanwhile.
   */
  #account(peer: T, handedOver: number, queued: number, now: number): number {
    const debt = this.#debts.get(peer)
    if (queued === 0) {
      this.#debts.delete(peer)
      return 0
    }
    if (debt && handedOver - queued < debt.goal) return now - debt.since
    this.#debts.set(peer, { since: now, goal: handedOver })
    return 0
  }
}
