import type { Clock, ClockTimer } from '../../clock.js'
import {
  readTcpQueues,
  type TcpEnds,
  type TcpQueues,
  tcpName,
} from '../../transport/tcp/tcp-queues.js'

/** A connection whose client may have vanished without closing it. */
export interface AcknowledgingPeer extends TcpEnds {
  /** Interleaved channels. Without any, the client is sent nothing that it has not requested. */
  readonly channels: { readonly size: number }
  /** Bytes passed to the kernel so far. */
  readonly bytesHandedOver: number
}

/** A client that has not acknowledged all the bytes sent to it. */
interface Debt {
  /** Time of the look that found the debt. */
  readonly since: number
  /** The debt is paid once the client has acknowledged this many bytes. */
  readonly goal: number
}

/** Interval between looks. Each look reads the list of all connections of the system. */
const intervalMs = 2000

/**
 * Detects clients that have acknowledged nothing for too long, if native calls are not available.
 * Small reports to a vanished client fill no buffer, so only the kernel's list of connections shows
 * it. The list is read only while a connection carries media.
 */
export class AcknowledgementMonitor<T extends AcknowledgingPeer> {
  readonly #clock: Clock
  #maxAgeMs: number
  readonly #onVanished: (peer: T) => void
  readonly #read: () => Promise<TcpQueues | undefined>
  /** Each connection with its name in the list. */
  readonly #peers = new Map<T, string>()
  readonly #debts = new Map<T, Debt>()
  #timer: ClockTimer | undefined
  #isLooking = false
  #isBlind = false

  /** @param maxAgeMs - Longest time without acknowledgement; 0 = no limit, and nothing is read. */
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

  /** Longest time without acknowledgement; 0 = no limit. */
  set maxAgeMs(maxAgeMs: number) {
    this.#maxAgeMs = maxAgeMs
    this.#schedule()
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

  /** @returns Age of the client's debt in milliseconds. */
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
