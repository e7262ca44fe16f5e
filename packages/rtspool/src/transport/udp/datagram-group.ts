import { owned } from '../system/read-memory.js'

/** Counters of the datagrams sent to one destination. */
export interface DatagramCounters {
  packetsOut: number
  bytesOut: number
  /** Number of packets that could not be sent to the destination. */
  packetsDropped: number
}

/**
 * Address and port to which datagrams are sent. Each reader has an object of its own, because groups compare members
 * by identity.
 */
export interface DatagramDestination {
  /** Numeric IP address to which the datagrams are sent. */
  readonly address: string
  readonly port: number
  /**
   * Counters that the sender updates. A packet that the system does not accept moves from `packetsOut` to
   * `packetsDropped`.
   */
  readonly counters?: DatagramCounters
}

/**
 * Receives notices of datagrams that fail or are fragmented. Called for every such datagram; the observer decides
 * which of them to report.
 */
export interface DatagramObserver {
  /**
   * Called when the route to a destination refuses segments of `sizeBytes` bytes, so that IP sends such packets in
   * fragments.
   */
  fragmented(destination: DatagramDestination, sizeBytes: number): void
  /** Called when the system has not accepted packets. @param code - Error code, for example `ENETUNREACH`. */
  unsent(destination: DatagramDestination, code: string): void
}

/** A group of destinations to which the same datagrams are sent. */
export interface DatagramGroup {
  readonly size: number
  /**
   * Adds a member. Does nothing if the destination is a member already.
   *
   * @param observer - Receives notices of datagrams to this destination that fail or are fragmented.
   */
  add(destination: DatagramDestination, observer?: DatagramObserver): void
  remove(destination: DatagramDestination): void
  /**
   * Sends packets to a destination that becomes a member later, by {@link add}. Until then {@link send} leaves the
   * destination out. Absent if {@link DatagramSender.sendAll} does the same.
   *
   * @param take - Returns the packets. Not called while a send thread has too much to send: the caller tries again
   *   later.
   */
  sendFirst?(
    destination: DatagramDestination,
    take: () => readonly Buffer[],
    observer?: DatagramObserver,
  ): void
  /**
   * Sends each packet to each member, the packets of one member in order. Never blocks: packets that the kernel does
   * not accept are dropped and counted.
   *
   * @param packets - Used during the call only.
   * @param hasEntry - True if a decoder can begin within the packets. @default true
   */
  send(packets: readonly Buffer[], hasEntry?: boolean): void
}

/** Counters of the datagrams of one socket that the kernel did not send, or sent in fragments. */
export interface DatagramLoss {
  sendErrors: number
  /** Number of packets known to have been sent in IP fragments. */
  fragmentedPackets: number
}

/**
 * Called when a datagram has been sent, or has failed.
 *
 * @param sizeBytes - Size of a failed datagram, if still known.
 */
export type DatagramSent = (error: Error | null, sizeBytes?: number) => void

/**
 * A group without native calls: one `send` for each packet and member. Node queues packets that the kernel does not
 * accept yet.
 */
export class PlainDatagramGroup implements DatagramGroup {
  readonly #members = new Map<DatagramDestination, DatagramSent>()
  readonly #send: (packet: Buffer, port: number, address: string, sent: DatagramSent) => void
  readonly #hasRoom: () => boolean
  readonly #loss: DatagramLoss

  /**
   * Creates an empty group.
   *
   * @param options - `hasRoom` returns whether more datagrams may be queued. If not, they are
   * dropped and counted in `loss`.
   */
  constructor(
    send: (packet: Buffer, port: number, address: string, sent: DatagramSent) => void,
    options: {
      readonly hasRoom: () => boolean
      readonly loss: DatagramLoss
    },
  ) {
    this.#send = send
    this.#hasRoom = options.hasRoom
    this.#loss = options.loss
  }

  get size(): number {
    return this.#members.size
  }

  add(destination: DatagramDestination, observer?: DatagramObserver): void {
    if (this.#members.has(destination)) return
    this.#members.set(destination, (error, sizeBytes = 0) => {
      if (!error) return
      countLost(this.#loss, destination, 1, sizeBytes)
      observer?.unsent(destination, codeOf(error))
    })
  }

  remove(destination: DatagramDestination): void {
    this.#members.delete(destination)
  }

  send(packets: readonly Buffer[]): void {
    const hasRoom = this.#hasRoom()
    // Node may send them after this call.
    const kept = packets.map(owned)
    for (const [{ address, port }, sent] of this.#members) {
      for (const packet of kept) {
        if (hasRoom) this.#send(packet, port, address, sent)
        else sent(noRoom, packet.length)
      }
    }
  }
}

const noRoom = Object.freeze(Object.assign(new Error('the queue is full'), { code: 'ENOBUFS' }))

const codeOf = (error: Error): string => ('code' in error ? String(error.code) : 'unknown')

/** Counts packets that were not sent to one destination as dropped, and no longer as sent. */
export function countLost(
  loss: DatagramLoss,
  { counters }: DatagramDestination,
  packets: number,
  sizeBytes: number,
): void {
  loss.sendErrors += packets
  if (!counters) return
  counters.packetsOut -= packets
  counters.bytesOut -= sizeBytes
  counters.packetsDropped += packets
}
