import type { Clock, ClockTimer } from '../../clock.js'
import {
  readTcpQueues,
  type TcpEnds,
  type TcpQueues,
  tcpName,
} from '../../transport/tcp/tcp-queues.js'

/** A connection whose client may have vanished without a word. */
export interface AcknowledgingPeer extends TcpEnds {
  /** Interleaved channels: without any, nothing is sent that it has not asked for. */
  readonly channels: { readonly size: number }
  /** Bytes that the kernel has been given so far. */
  readonly bytesHandedOver: number
}

/** A peer that has not acknowledged all that it was sent. */
interface Debt {
  /** Of the look that found it. */
  readonly since: number
  /** The debt is paid when the peer has acknowledged so many bytes. */
  readonly goal: number
}

/** Each look reads the list of all connections of the system. */
const intervalMs = 2000

/**
 * Says which client has acknowledged nothing for too long, where the system's own calls are not at hand. Small reports
 * to a client that has vanished fill no buffer: only the kernel's list of connections tells. It is read only while a
 * connection carries media.
 */
export class AcknowledgementMonitor<T extends AcknowledgingPeer> {
  readonly #clock: Clock
  readonly #maxAgeMs: number
  readonly #onVanished: (peer: T) => void
  readonly #read: () => Promise<TcpQueues | undefined>
  /** The name of each connection. */
  readonly #peers = new Map<T, string>()
  readonly #debts = new Map<T, Debt>()
  #timer: ClockTimer | undefined
  #isLooking = false
  #isBlind = false

  /** @param maxAgeMs - 0 = no limit: nothing is looked at. */
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

  add(peer: T): void {
    this.#peers.set(peer, tcpName(peer))
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
    // What is written while the list is read may be in it: counted before, it makes a debt look larger, never smaller.
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
      if (ageMs >= this.#maxAgeMs) this.#onVanished(peer)
    }
  }

  /** @returns Age of the debt in milliseconds. */
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
