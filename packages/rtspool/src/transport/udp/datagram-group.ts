/** What one destination was sent. */
export interface DatagramCounters {
  packetsOut: number
  bytesOut: number
  /** Packets that it was not sent. */
  packetsDropped: number
}

/** Where datagrams go. One object a reader: groups know their members by identity. */
export interface DatagramDestination {
  /** Numeric. */
  readonly address: string
  readonly port: number
  /** Kept by who sends; a packet that the system does not take moves from `packetsOut` to `packetsDropped`. */
  readonly counters?: DatagramCounters
}

/** Learns of datagrams that do not leave as they should. Called often: it decides whom it tells, and when. */
export interface DatagramObserver {
  /** The route refuses segments of this size: packets as large leave in fragments of IP. */
  fragmented(destination: DatagramDestination, sizeBytes: number): void
  /** The system did not take packets. @param code - Of the error, for example `ENETUNREACH`. */
  unsent(destination: DatagramDestination, code: string): void
}

/** Sends the same datagrams to all its members. */
export interface DatagramGroup {
  readonly size: number
  /** @param observer - Learns of datagrams to it that do not leave as they should. */
  add(destination: DatagramDestination, observer?: DatagramObserver): void
  remove(destination: DatagramDestination): void
  /**
   * Sends each packet to each member, the packets of one member in order. Never blocks: what the kernel does
   * not take is dropped and counted.
   *
   * @param packets - Not kept.
   */
  send(packets: readonly Buffer[]): void
}

/** Counts of what the kernel did not take, or not in one piece. */
export interface DatagramLoss {
  sendErrors: number
  /** Packets known to have left in fragments. */
  fragmentedPackets: number
}

/** Called when a datagram has left, or not. @param sizeBytes - Absent where nobody knows it any more. */
export type DatagramSent = (error: Error | null, sizeBytes?: number) => void

/** A group without system calls of its own: one `send` a packet and member. Node queues what the kernel does not take. */
export class PlainDatagramGroup implements DatagramGroup {
  readonly #members = new Map<DatagramDestination, DatagramSent>()
  readonly #send: (packet: Buffer, port: number, address: string, sent: DatagramSent) => void
  readonly #hasRoom: () => boolean
  readonly #loss: DatagramLoss

  /** @param options - `hasRoom`: whether more may be queued; where not, datagrams are dropped and counted. */
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
    for (const [{ address, port }, sent] of this.#members) {
      for (const packet of packets) {
        if (hasRoom) this.#send(packet, port, address, sent)
        else sent(noRoom, packet.length)
      }
    }
  }
}

const noRoom = Object.freeze(Object.assign(new Error('the queue is full'), { code: 'ENOBUFS' }))

const codeOf = (error: Error): string => ('code' in error ? String(error.code) : 'unknown')

/** Counts packets that one destination was not sent. */
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
